package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

// flags declares every flag. Its environment variable is its name in capitals
// with underscores, but --endpoint, which is ENDPOINTS.
func (c *config) flags(out io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("alibabacloud-servicebroker", flag.ContinueOnError)
	fs.SetOutput(out)
	fs.StringVar(&c.config, "config", "", "YAML `file` of these flags by name")
	fs.StringVar(&c.listen, "listen", "127.0.0.1:8005", "`address` of the Open Service Broker API")
	fs.StringVar(&c.opsListen, "ops-listen", "127.0.0.1:8006", "`address` of health, metrics and the operators' API")
	fs.StringVar(&c.dataDir, "data-dir", "./data", "`directory` of the store and what belongs to it")
	fs.StringVar(&c.store, "store", inFile, "where records are kept: bolt, a file in the data directory, for one process; kubernetes, Secrets, for several replicas")
	fs.StringVar(&c.storeName, "store-name", kubernetes.DefaultName, "`name` that the objects of the kubernetes store begin with")
	fs.StringVar(&c.namespace, "namespace", "", "`namespace` of these objects (default: that of the pod)")
	fs.StringVar(&c.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster (default: as pods do)")
	fs.StringVar(&c.brokerID, "broker-id", "", "`name` of this broker, unlike any other on the cloud account, for ever (required)")
	fs.StringVar(&c.catalogFile, "catalog-file", "", "YAML `file` that switches offerings and plans off, changes or adds plans; see docs/catalog.md")
	fs.StringVar(&c.catalogPrefix, "catalog-prefix", "", "`text` before ids of offerings and plans and names of offerings, where several brokers serve one platform; never to be changed")
	fs.StringVar(&c.usersFile, "users-file", "", "`file` with one user:password a line; several are valid at once")
	fs.StringVar(&c.tokensFile, "tokens-file", "", "`file` with one bearer token a line; several are valid at once")
	fs.StringVar(&c.opsTokensFile, "ops-tokens-file", "", "`file` with one name:token a line, of operators; without it their API is off")
	fs.BoolVar(&c.tokenReview, "token-review", false, "accept bearer tokens that the Kubernetes API server knows, of --token-review-users")
	fs.Var(&c.reviewAudiences, "token-review-audience", "`audience` that such tokens must be for, or several with commas between (default: the API server's)")
	fs.Var(&c.reviewUsers, "token-review-users", "`users` that such tokens must be of, with commas between, such as system:serviceaccount:catalog:controller")
	fs.BoolVar(&c.insecureNoAuth, "insecure-no-auth", false, "let everybody in")
	fs.IntVar(&c.missingVersionStatus, "missing-version-status", http.StatusBadRequest, "status for requests without X-Broker-API-Version: 400, or 412, which conformance checkers want")
	fs.StringVar(&c.keysetFile, "keyset-file", "", "`file` with the keys that seal secrets (default: keyset.json in the data directory, or a Secret beside the kubernetes store; made where the store is empty)")
	fs.StringVar(&c.region, "region", "", "`region` to make resources in (default: that of the machine, by the metadata service)")
	fs.StringVar(&c.credentials, "credentials", "auto", "whose cloud credentials: rrsa, static, ecs, or auto for the first of them that is there")
	fs.StringVar(&c.credentialsDir, "credentials-dir", "", "`directory` with the files access_key_id, access_key_secret and perhaps security_token")
	fs.StringVar(&c.roleARN, "role-arn", "", "RAM role to assume with these credentials")
	fs.StringVar(&c.ecsRole, "ecs-role", "", "RAM role of the ECS instance (default: the one that is attached)")
	fs.Var(c.endpoints, "endpoint", "`product=URL` to use instead of the real endpoint ("+products+"); may be repeated")
	fs.BoolVar(&c.insecureEndpoints, "insecure-endpoints", false, "allow endpoints with plain http")
	fs.StringVar(&c.tlsCert, "tls-cert-file", "", "`file` with the certificate chain; without it the API is plain HTTP")
	fs.StringVar(&c.tlsKey, "tls-key-file", "", "`file` with the key of the certificate")
	fs.StringVar(&c.clientCA, "client-ca-file", "", "`file` with the authorities that sign clients' certificates; with it clients need one")
	fs.StringVar(&c.vpcID, "vpc-id", "", "VPC of databases (default: that of the machine)")
	fs.StringVar(&c.vswitchID, "vswitch-id", "", "VSwitch of databases (default: that of the machine)")
	fs.StringVar(&c.zoneID, "zone-id", "", "zone of databases (default: that of the VSwitch)")
	fs.Var(&c.whitelist, "whitelist", "`networks` that reach databases, with commas between (default: those of the VPC)")
	fs.BoolVar(&c.options.DeletedIsSucceeded, "deleted-is-succeeded", false, "answer polls of a finished deletion with 200 succeeded instead of 410")
	fs.BoolVar(&c.options.SendEndpoints, "send-endpoints", false, "tell the endpoints of bindings (not for platforms built on the Go client library of 2020)")
	fs.BoolVar(&c.options.DropUnfinishedBinds, "drop-unfinished-binds", false, "leave a bind from Kubernetes that is not done in time unanswered, so that Service Catalog sends it again; not behind an ingress")
	fs.DurationVar(&c.settleTime, "settle-time", 5*time.Minute, "how long after a lost call the cloud may still act on it")
	fs.DurationVar(&c.pollInterval, "poll-interval", 10*time.Second, "how often to look at what takes minutes")
	fs.DurationVar(&c.drainDelay, "drain-delay", 5*time.Second, "how long after SIGTERM requests are still taken: until load balancers have heard")
	fs.DurationVar(&c.drainTime, "drain-time", 55*time.Second, "how long the requests then in flight may take to end")
	fs.IntVar(&c.verbosity, "v", 0, "verbosity of the log")
	return fs
}

// fill sets the flags that were not given from the environment, or else from
// the file.
func fill(fs *flag.FlagSet, getenv func(string) string) error {
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	path := fs.Lookup("config").Value.String()
	if path == "" {
		path = getenv("CONFIG")
	}
	file, err := readFile(path)
	if err != nil {
		return err
	}
	for name := range file {
		if fs.Lookup(name) == nil || name == "config" {
			return fmt.Errorf("%s: there is no setting %q: the names are those of the flags, see --help", path, name)
		}
	}
	var failed error
	fs.VisitAll(func(f *flag.Flag) {
		if failed != nil || given[f.Name] {
			return
		}
		if value := getenv(envOf(f.Name)); value != "" {
			if err := fs.Set(f.Name, value); err != nil {
				failed = fmt.Errorf("%s: %w", envOf(f.Name), err)
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

func envOf(name string) string {
	if name == "endpoint" {
		return "ENDPOINTS"
	}
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// values of a setting in the file: one, or a list.
type values []string

// UnmarshalJSON takes a scalar or a list of scalars.
func (v *values) UnmarshalJSON(b []byte) error {
	var one any
	if err := yaml.Unmarshal(b, &one); err != nil {
		return err
	}
	list, ok := one.([]any)
	if !ok {
		list = []any{one}
	}
	for _, item := range list {
		switch item.(type) {
		case string, bool, float64, int64:
			*v = append(*v, fmt.Sprint(item))
		default:
			return fmt.Errorf("a setting is a text, a number, true, false, or a list of them")
		}
	}
	return nil
}

func readFile(path string) (map[string]values, error) {
	settings := map[string]values{}
	if path == "" {
		return settings, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if err := yaml.UnmarshalStrict(b, &settings); err != nil {
		return nil, fmt.Errorf("--config %s: %w", path, err)
	}
	return settings, nil
}
