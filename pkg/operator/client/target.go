package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// A target is which broker to speak to, and as whom.
type target struct{ url, tokenFile, caFile string }

func targetFlags(fs *flag.FlagSet, getenv func(string) string) *target {
	t := &target{}
	env := func(name, otherwise string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return otherwise
	}
	fs.StringVar(&t.url, "url", env("OPS_URL", "http://127.0.0.1:8006"), "`URL` of the broker's second port (OPS_URL)")
	fs.StringVar(&t.tokenFile, "token-file", env("OPS_TOKEN_FILE", getenv("OPS_TOKENS_FILE")), "`file` with name:token or the token alone, of which the first line counts (OPS_TOKEN_FILE, or the broker's own OPS_TOKENS_FILE)")
	fs.StringVar(&t.caFile, "ca-file", getenv("OPS_CA_FILE"), "`file` with the authority of a URL with https (OPS_CA_FILE; default: the system's)")
	return t
}

func (t *target) client() (*Client, error) {
	if t.tokenFile == "" {
		return nil, usageError("--token-file is missing: it says who calls")
	}
	content, err := os.ReadFile(t.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("--token-file: %w", err)
	}
	token := tokenIn(string(content))
	if token == "" {
		return nil, errors.New("--token-file: there is no token in it")
	}
	c := &Client{URL: t.url, Token: token}
	if t.caFile == "" {
		return c, nil
	}
	authority, err := os.ReadFile(t.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("--ca-file: there is no certificate in it")
	}
	c.HTTP = &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	return c, nil
}

// tokenIn is the first token of a file: what follows the name and colon, where
// there is one.
func tokenIn(content string) api.Token {
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, token, ok := strings.Cut(line, ":"); ok {
			line = token
		}
		return api.Token(line)
	}
	return ""
}
