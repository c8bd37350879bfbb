package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// config is everything that can be set, parsed once.
type config struct {
	listen, opsListen string
	dataDir           string
	store             string
	brokerID          string
	usersFile         string
	tokensFile        string
	keysetFile        string
	region            string
	credentials       string
	credentialsDir    string
	roleARN           string
	ecsRole           string
	endpoints         endpoints
	insecureEndpoints bool
	tlsCert, tlsKey   string

	vpcID, vswitchID, zoneID string
	whitelist                cidrs

	settleTime, pollInterval, drainTime time.Duration
	verbosity                           int

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

// check refuses what cannot be served, with what to change.
func (c *config) check() error {
	switch {
	case c.brokerID == "":
		return fmt.Errorf("--broker-id is required: a name that no other broker on this cloud account has, and that never changes, since the names of everything it makes derive from it")
	case len(c.brokerID) > 64:
		return fmt.Errorf("--broker-id is longer than 64 characters: choose a shorter one")
	case c.store != "bolt":
		return fmt.Errorf("--store %q is not known: use bolt", c.store)
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return fmt.Errorf("--tls-cert-file and --tls-key-file go together: set both or none")
	}
	for product, u := range c.endpoints {
		// The metadata service is plain HTTP on its link-local address anyway.
		if u.Scheme == "http" && !c.insecureEndpoints && product != "metadata" {
			return fmt.Errorf("--endpoint %s is plain http, over which passwords and keys could be read: use https, or add --insecure-endpoints for an emulator", product)
		}
	}
	return nil
}

// accounts reads who may call: the users and tokens of the files and of the
// environment.
func (c *config) accounts() (users []api.User, tokens []api.Token, err error) {
	users = c.users
	lines, err := readLines(c.usersFile)
	if err != nil {
		return nil, nil, fmt.Errorf("--users-file: %w", err)
	}
	for i, line := range lines {
		name, password, ok := strings.Cut(line, ":")
		if !ok || name == "" || password == "" {
			return nil, nil, fmt.Errorf("--users-file: line %d is not user:password", i+1)
		}
		users = append(users, api.User{Name: name, Password: password})
	}
	if lines, err = readLines(c.tokensFile); err != nil {
		return nil, nil, fmt.Errorf("--tokens-file: %w", err)
	}
	for _, line := range lines {
		tokens = append(tokens, api.Token(line))
	}
	if len(users)+len(tokens) == 0 {
		return nil, nil, fmt.Errorf("nobody could call this broker: set BROKER_USERNAME and BROKER_PASSWORD, --users-file or --tokens-file")
	}
	return users, tokens, nil
}

// readLines of a file that are neither empty nor comments; no path, no lines.
func readLines(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
