package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
)

// config is everything that can be set, parsed once.
type config struct {
	listen, opsListen string
	dataDir           string
	store             string
	storeName         string
	namespace         string
	kubeconfig        string
	brokerID          string
	catalogFile       string
	catalogPrefix     string
	usersFile         string
	tokensFile        string
	opsTokensFile     string
	insecureNoAuth    bool
	tokenReview       bool
	reviewAudiences   words
	reviewUsers       words
	keysetFile        string
	region            string
	credentials       string
	credentialsDir    string
	roleARN           string
	ecsRole           string
	endpoints         endpoints
	insecureEndpoints bool
	tlsCert, tlsKey   string
	clientCA          string

	vpcID, vswitchID, zoneID string
	whitelist                cidrs

	options broker.Options

	settleTime, pollInterval, drainDelay, drainTime time.Duration
	missingVersionStatus                            int
	verbosity                                       int

	users  []api.User // from the environment; those of the file come with it
	oidc   alicloud.OIDC
	config string
}

// endpoints are URLs by product.
type endpoints map[string]*url.URL

// products whose endpoints can be replaced.
const products = "rds, ram, vpc, sts, oss, metadata"

func (e endpoints) String() string { return "" }

// Set adds product=URL, or several of them with commas between.
func (e endpoints) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		product, raw, ok := strings.Cut(strings.TrimSpace(item), "=")
		u, err := url.Parse(raw)
		switch {
		case !ok || err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			return fmt.Errorf("%q is not product=URL, such as rds=https://rds.aliyuncs.com", item)
		case !slices.Contains(strings.Split(products, ", "), product):
			return fmt.Errorf("unknown product %q: use one of %s", product, products)
		}
		e[product] = u
	}
	return nil
}

// cidrs are networks, checked.
type cidrs []string

func (c *cidrs) String() string { return strings.Join(*c, ",") }

// Set adds networks, with commas between.
func (c *cidrs) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if _, err := netip.ParsePrefix(item); err != nil {
			if _, err := netip.ParseAddr(item); err != nil {
				return fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", item)
			}
		}
		*c = append(*c, item)
	}
	return nil
}

// words are what stands between commas.
type words []string

func (w *words) String() string { return strings.Join(*w, ",") }

// Set adds words.
func (w *words) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return errors.New("there is nothing between two commas")
		}
		*w = append(*w, item)
	}
	return nil
}

// readConfig takes a flag, else its environment variable, else the file, else
// the default.
func readConfig(args []string, getenv func(string) string, out io.Writer) (*config, error) {
	c := &config{endpoints: endpoints{}}
	fs := c.flags(out)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: there are only flags, see --help", fs.Arg(0))
	}
	if err := fill(fs, getenv); err != nil {
		return nil, err
	}
	if strings.Contains(getenv("DEBUG"), "sdk") {
		return nil, errors.New("DEBUG=sdk makes the cloud's SDK print whole requests, passwords included: unset it")
	}
	user, password := getenv("BROKER_USERNAME"), getenv("BROKER_PASSWORD")
	if (user == "") != (password == "") {
		return nil, fmt.Errorf("BROKER_USERNAME and BROKER_PASSWORD go together: set both, or use --users-file")
	}
	if user != "" {
		c.users = []api.User{{Name: user, Password: password}}
	}
	c.oidc = alicloud.OIDC{
		TokenFile:   getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
		ProviderARN: getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
		RoleARN:     getenv("ALIBABA_CLOUD_ROLE_ARN"),
		SessionName: getenv("ALIBABA_CLOUD_ROLE_SESSION_NAME"),
		Endpoint:    c.endpoints["sts"],
	}
	return c, c.check()
}

// shared says whether other replicas may work on the same store.
func (c *config) shared() bool { return c.store == inKubernetes }

// check refuses what cannot be served, with what to change.
func (c *config) check() error {
	switch {
	case c.brokerID == "":
		return fmt.Errorf("--broker-id is required: a name that no other broker on this cloud account has, and that never changes, since the names of everything it makes derive from it")
	case len(c.brokerID) > 64:
		return fmt.Errorf("--broker-id is longer than 64 characters: choose a shorter one")
	case c.store != inFile && c.store != inKubernetes:
		return fmt.Errorf("--store %q is not known: use %s or %s", c.store, inFile, inKubernetes)
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return fmt.Errorf("--tls-cert-file and --tls-key-file go together: set both or none")
	case c.clientCA != "" && c.tlsCert == "":
		return fmt.Errorf("--client-ca-file is for TLS: set --tls-cert-file and --tls-key-file too")
	case c.missingVersionStatus != http.StatusBadRequest && c.missingVersionStatus != http.StatusPreconditionFailed:
		return fmt.Errorf("--missing-version-status %d is not known: use 400 or 412", c.missingVersionStatus)
	case c.drainDelay < 0 || c.drainTime < 0:
		return fmt.Errorf("--drain-delay and --drain-time are not negative")
	}
	if err := c.checkAccess(); err != nil {
		return err
	}
	for product, u := range c.endpoints {
		// The metadata service is plain HTTP on its link-local address anyway.
		if u.Scheme == "http" && !c.insecureEndpoints && product != "metadata" {
			return fmt.Errorf("--endpoint %s is plain http, over which passwords and keys could be read: use https, or add --insecure-endpoints for an emulator", product)
		}
	}
	return nil
}
