package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// config has every setting of the broker.
type config struct {
	listen, opsListen string
	metricsListen     string // empty: metrics are off
	maxConnections    int    // of listen; 0: the default
	opsMaxConnections int
	dataDir           string
	store             string
	storeName         string
	namespace         string
	kubeconfig        string
	brokerID          string
	catalogFile       string
	catalogPrefix     string
	clustersFile      string
	profileFile       string
	usersFile         string
	tokensFile        string
	opsTokensFile     string
	insecureNoAuth    bool
	tokenReview       bool
	reviewAudiences   commaList
	reviewUsers       commaList
	keysetFile        string
	region            string
	credentials       string
	credentialsDir    string
	roleARN           string
	roleExternalID    string
	ecsRole           string
	withoutECSRole    bool // the role of the machine is no source of keys
	withoutIMDSv1     bool // metadata are read with a token only
	endpoints         endpoints
	console           string
	consolePages      consolePages
	insecureEndpoints bool
	ossEndpoint       string
	vicinity          *alicloud.Vicinity // of ossEndpoint; set by check
	tlsCert, tlsKey   string
	clientCA          string
	mysqlCA           string // a file

	vpcID, zoneID           string
	vswitchIDs, allowedVPCs commaList
	whitelist               networkList
	brokerAddresses         networkList

	options broker.Options

	settleTime, pollInterval, drainDelay, drainTime time.Duration
	missingVersionStatus                            int
	verbosity                                       int

	users []api.User // of the environment; usersFile has others
	oidc  alicloud.OIDC
	// clusters is the content of clustersFile.
	clusters descriptor.Clusters
	profiles []*profile // the content of profileFile
	inPod    bool
	config   string
}

func newConfig() *config { return &config{endpoints: endpoints{}, consolePages: consolePages{}} }

// readEnvironment reads the settings that exist as variables alone: secrets, and
// the variables of Alibaba Cloud's own clients.
func (c *config) readEnvironment(getenv func(string) string) error {
	if strings.Contains(getenv("DEBUG"), "sdk") {
		return errors.New("DEBUG=sdk makes the cloud's SDK print whole requests with their passwords: unset it")
	}
	// A Secret that was made with echo has a newline at the end of each value.
	line := func(name string) string { return strings.TrimRight(getenv(name), "\r\n") }
	c.inPod = getenv("KUBERNETES_SERVICE_HOST") != ""
	user, password := line("BROKER_USERNAME"), line("BROKER_PASSWORD")
	if (user == "") != (password == "") {
		return errors.New("BROKER_USERNAME and BROKER_PASSWORD go together: set both, or use --users-file")
	}
	if user != "" {
		c.users = []api.User{{Name: user, Password: password}}
	}
	if err := checkProxies(getenv); err != nil {
		return err
	}
	return c.readOfficialVariables(getenv)
}

// isShared reports whether other replicas may use the same store.
func (c *config) isShared() bool { return c.store == storeKubernetes }

// check refuses unusable combinations of settings. Its errors name the change to
// make.
func (c *config) check() error {
	if err := c.checkNames(); err != nil {
		return err
	}
	switch {
	case c.maxConnections < 0 || c.opsMaxConnections < 1:
		return fmt.Errorf("--max-connections and --ops-max-connections must be 1 or more")
	case c.store != storeBolt && c.store != storeKubernetes:
		return fmt.Errorf("--store %q is unknown: use %s or %s", c.store, storeBolt, storeKubernetes)
	case c.roleExternalID != "" && c.roleARN == "":
		return fmt.Errorf("--role-external-id is for --role-arn: set both")
	case c.roleExternalID != "" && !externalIDForm.MatchString(c.roleExternalID):
		return fmt.Errorf("--role-external-id must be 2 to 1000 letters, digits and =,.@:/_-")
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return fmt.Errorf("--tls-cert-file and --tls-key-file go together: set both or none")
	case c.clientCA != "" && c.tlsCert == "":
		return fmt.Errorf("--client-ca-file is for TLS: set --tls-cert-file and --tls-key-file too")
	case c.missingVersionStatus != http.StatusBadRequest && c.missingVersionStatus != http.StatusPreconditionFailed:
		return fmt.Errorf("--missing-version-status %d is unknown: use 400 or 412", c.missingVersionStatus)
	case c.vpcID != "" && len(c.allowedVPCs) > 0 && !slices.Contains(c.allowedVPCs, c.vpcID):
		return fmt.Errorf("--vpc-id %s is not among --allowed-vpcs: add it there", c.vpcID)
	case c.drainDelay < 0 || c.drainTime < 0:
		return fmt.Errorf("--drain-delay and --drain-time must be zero or more")
	}
	if err := c.checkAccess(); err != nil {
		return err
	}
	if err := c.checkConsole(); err != nil {
		return err
	}
	if err := c.checkEndpoints("--endpoint", c.endpoints); err != nil {
		return err
	}
	for _, p := range c.profiles {
		if err := c.checkEndpoints(fmt.Sprintf("--profile-file %s: profile %s: endpoint", c.profileFile, p.name), p.endpoints); err != nil {
			return err
		}
	}
	var err error
	if c.vicinity, err = alicloud.NewVicinity(c.ossEndpoint, c.metadata()); err != nil {
		return fmt.Errorf("--oss-endpoint: %w", err)
	}
	c.vicinity.Report(logInternalEndpoint)
	return nil
}

// checkEndpoints refuses plain HTTP, except for the real metadata service, which is
// so on its link-local address.
func (c *config) checkEndpoints(what string, of endpoints) error {
	for product, u := range of {
		if u.Scheme == "http" && !c.insecureEndpoints && product != "metadata" {
			return fmt.Errorf("%s %s is plain http, over which passwords and keys could be read: use https, or add --insecure-endpoints for an emulator", what, product)
		}
	}
	return nil
}
