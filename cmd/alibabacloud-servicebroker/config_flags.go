package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

// flags returns the settings of the broker as flags that fill c.
func (c *config) flags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.StringVar(&c.config, "config", "", "YAML `file` with settings by the names of these flags")
	fs.StringVar(&c.listen, "listen", "127.0.0.1:8005", "`address` of the Open Service Broker API")
	fs.StringVar(&c.opsListen, "ops-listen", "127.0.0.1:8006", "`address` of health and the operator API")
	fs.StringVar(&c.metricsListen, "metrics-listen", "127.0.0.1:8009", "`address` of /metrics; empty turns it off")
	fs.IntVar(&c.maxConnections, "max-connections", 0, "open `connections` of --listen; at the bound a new one takes the place of the oldest that has never authenticated (default: 1024, with TLS 512)")
	fs.IntVar(&c.opsMaxConnections, "ops-max-connections", api.DefaultConnections, "open `connections` of --ops-listen, likewise")
	fs.StringVar(&c.dataDir, "data-dir", "./data", "`directory` of the store and its keyset")
	fs.StringVar(&c.store, "store", storeBolt, "`store` of the records: bolt (a file in the data directory, for one process) or kubernetes (Secrets, for several replicas)")
	fs.StringVar(&c.storeName, "store-name", kubernetes.DefaultName, "`prefix` of the names of the kubernetes store's objects")
	fs.StringVar(&c.namespace, "namespace", "", "`namespace` of these objects (default: the pod's)")
	fs.StringVar(&c.kubeconfig, "kubeconfig", "", "kubeconfig `file` of the cluster (default: the pod's service account)")
	fs.StringVar(&c.brokerID, "broker-id", "", "`name` of this broker, unique on the cloud account and never changed (required)")
	fs.StringVar(&c.catalogFile, "catalog-file", "", "YAML `file` that disables offerings and plans, and changes or adds plans; see docs/catalog.md")
	fs.StringVar(&c.catalogPrefix, "catalog-prefix", "", "`text` before ids of offerings and plans and names of offerings, for several brokers on one platform; never changed")
	fs.StringVar(&c.clustersFile, "clusters-file", "", "YAML `file` with the issuers of clusters that have service accounts for RAM roles; see docs/configuration.md")
	fs.StringVar(&c.profileFile, "profile-file", "", "YAML `file` with more sets of credentials, region and network, which plans name; see docs/configuration.md")
	fs.StringVar(&c.usersFile, "users-file", "", "`file` with one user:password per line; all are valid")
	fs.StringVar(&c.tokensFile, "tokens-file", "", "`file` with one bearer token per line; all are valid")
	fs.StringVar(&c.opsTokensFile, "ops-tokens-file", "", "`file` with one name:token of an operator per line; without it the operator API is off")
	fs.BoolVar(&c.tokenReview, "token-review", false, "accept bearer tokens of --token-review-users that the Kubernetes API server confirms")
	fs.Var(&c.reviewAudiences, "token-review-audience", "`audiences` of these tokens, separated by commas (default: the API server's)")
	fs.Var(&c.reviewUsers, "token-review-users", "`users` of these tokens, separated by commas, such as system:serviceaccount:catalog:controller")
	fs.BoolVar(&c.insecureNoAuth, "insecure-no-auth", false, "accept requests without authentication")
	fs.IntVar(&c.missingVersionStatus, "missing-version-status", http.StatusBadRequest, "`status` for requests without X-Broker-API-Version: 400, or 412 for conformance checkers")
	fs.StringVar(&c.keysetFile, "keyset-file", "", "`file` with the keys that seal secrets (default: keyset.json in the data directory, or a Secret beside the kubernetes store; made for an empty store)")
	fs.StringVar(&c.region, "region", "", "`region` of the resources (default: the machine's, from the metadata service)")
	fs.StringVar(&c.credentials, "credentials", "auto", "`source` of the cloud credentials: rrsa, static, ecs, or auto for the first of them that exists")
	fs.StringVar(&c.credentialsDir, "credentials-dir", "", "`directory` with the files access_key_id, access_key_secret and, optionally, security_token")
	fs.StringVar(&c.roleARN, "role-arn", "", "`ARN` of a RAM role to assume with these credentials")
	fs.StringVar(&c.roleExternalID, "role-external-id", "", "`id` that the trust policy of --role-arn asks for (sts:ExternalId)")
	fs.StringVar(&c.ecsRole, "ecs-role", "", "`name` of the ECS instance's RAM role (default: the attached one)")
	fs.Var(c.endpoints, "endpoint", "`product=URL` to use instead of the real endpoint; may be repeated ("+strings.Join(endpointProducts(), ", ")+")")
	fs.StringVar(&c.ossEndpoint, "oss-endpoint", alicloud.VicinityAuto, "`endpoint` of OSS that the broker itself calls: auto (the internal one for buckets in the region of this machine, which the metadata service tells), internal (for buckets in the region of --region or the profile), public, or regions with internal ones, separated by commas")
	fs.BoolVar(&c.insecureEndpoints, "insecure-endpoints", false, "allow endpoints with plain HTTP")
	fs.StringVar(&c.console, "console", string(console.China), "`site` of the web console that dashboards of instances open: "+strings.Join(console.Sites(), ", ")+", or "+console.Off+" for none")
	fs.Var(c.consolePages, "console-page", "`service=URL` of other dashboards, with {region} and {resource}; may be repeated")
	fs.StringVar(&c.tlsCert, "tls-cert-file", "", "`file` with the certificate chain; without it --listen serves plain HTTP")
	fs.StringVar(&c.tlsKey, "tls-key-file", "", "`file` with the private key of the certificate")
	fs.StringVar(&c.clientCA, "client-ca-file", "", "`file` with the authorities of client certificates; with it every client needs a certificate")
	fs.StringVar(&c.mysqlCA, "mysql-ca-file", "", "`file` with the certificates, in PEM, of the authorities of MySQL servers with SSL, which credentials hand out (default: none)")
	fs.StringVar(&c.vpcID, "vpc-id", "", "`id` of the VPC of databases (default: the machine's)")
	fs.Var(&c.vswitchIDs, "vswitch-id", "`ids` of the VSwitches of databases, the preferred one first, separated by commas (default: the machine's)")
	fs.StringVar(&c.zoneID, "zone-id", "", "`id` of the zone of databases (default: the VSwitch's)")
	fs.Var(&c.allowedVPCs, "allowed-vpcs", "`ids` of the VPCs that users may choose for databases, separated by commas (default: any of the account)")
	fs.Var(&c.whitelist, "whitelist", "`networks` that may connect to databases, separated by commas (default: the VPC's)")
	fs.Var(&c.brokerAddresses, "broker-addresses", "`networks` from which the broker itself reaches PostgreSQL servers, separated by commas (default: the machine's address, or the VPC's networks)")
	fs.BoolVar(&c.options.DeletedIsSucceeded, "deleted-is-succeeded", false, "answer polls of a finished deletion with 200 succeeded instead of 410")
	fs.BoolVar(&c.options.SendEndpoints, "send-endpoints", false, "add endpoints to bindings (platforms built on the Go client library of 2020 refuse them)")
	fs.BoolVar(&c.options.DropUnfinishedBinds, "drop-unfinished-binds", false, "leave an unfinished bind from Kubernetes unanswered, so that Service Catalog repeats it; not behind an ingress")
	fs.DurationVar(&c.settleTime, "settle-time", 5*time.Minute, "time after a lost call in which the cloud may still act on it")
	fs.DurationVar(&c.pollInterval, "poll-interval", 10*time.Second, "interval between looks at slow work in the cloud: the first look comes after six of them, and after sixty the interval triples")
	fs.DurationVar(&c.drainDelay, "drain-delay", 5*time.Second, "time after SIGTERM in which requests are still accepted, for load balancers to react")
	fs.DurationVar(&c.drainTime, "drain-time", 55*time.Second, "time for the requests then in flight to end")
	fs.IntVarP(&c.verbosity, "v", "v", 0, "`level` of verbosity of the log")
	return fs
}

// completeSettings completes the flags of cmd that take one of a few words.
func completeSettings(cmd *cobra.Command) {
	words := map[string][]string{
		"store":        {storeBolt, storeKubernetes},
		"credentials":  {"auto", "rrsa", "static", "ecs"},
		"oss-endpoint": {alicloud.VicinityAuto, alicloud.VicinityInternal, alicloud.VicinityPublic},
		"console":      append(console.Sites(), console.Off),
	}
	for _, product := range endpointProducts() {
		words["endpoint"] = append(words["endpoint"], product+"=https://")
	}
	for flag, values := range words {
		complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is declared above
		}
	}
}

// read completes the flags that were given from the environment and then the
// file, and checks the result.
func (c *config) read(flags *pflag.FlagSet, getenv func(string) string) error {
	if err := fillFlags(flags, getenv); err != nil {
		return err
	}
	if err := c.readEnvironment(getenv); err != nil {
		return err
	}
	var err error
	if c.clusters, err = readClusters(c.clustersFile); err != nil {
		return err
	}
	if c.profiles, err = readProfiles(c.profileFile); err != nil {
		return err
	}
	return c.check()
}

// fillFlags sets the other flags than the given ones: from their environment
// variables, or else from the file of --config.
func fillFlags(fs *pflag.FlagSet, getenv func(string) string) error {
	path := fs.Lookup("config").Value.String()
	if path == "" {
		path = getenv(envName("config"))
	}
	file, err := readSettingsFile(path)
	if err != nil {
		return err
	}
	for name := range file {
		if fs.Lookup(name) == nil || name == "config" {
			return fmt.Errorf("%s: unknown setting %q: settings have the names of the flags, see --help", path, name)
		}
	}
	var failed error
	fs.VisitAll(func(f *pflag.Flag) {
		if failed != nil || f.Changed {
			return
		}
		if value := getenv(envName(f.Name)); value != "" {
			if err := fs.Set(f.Name, value); err != nil {
				failed = fmt.Errorf("%s: %w", envName(f.Name), err)
			}
			return
		}
		for _, value := range file[f.Name] {
			if err := fs.Set(f.Name, value); err != nil {
				failed = fmt.Errorf("%s: %s: %w", path, f.Name, err)
			}
		}
	})
	return failed
}

// envName returns the environment variable of a flag: its name in capitals with
// underscores. Flags that may be repeated have a plural.
func envName(flag string) string {
	switch flag {
	case "endpoint":
		return "ENDPOINTS"
	case "console-page":
		return "CONSOLE_PAGES"
	}
	return strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
