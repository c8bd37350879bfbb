package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// A Target names the broker to call and the operator's token.
type Target struct {
	URL       string // of the broker's second port
	TokenFile string // its first line counts: name:token, or the token alone
	CAFile    string // authorities of an https URL; empty: the system's
}

// Connect returns a client for the target.
func Connect(target Target) (*Client, error) {
	content, err := os.ReadFile(target.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("--token-file: %w", err)
	}
	token := firstToken(string(content))
	if token == "" {
		return nil, fmt.Errorf("--token-file %s has no token: write name:token or the token into its first line", target.TokenFile)
	}
	c := &Client{URL: target.URL, Token: token}
	if target.CAFile == "" {
		return c, nil
	}
	authority, err := os.ReadFile(target.CAFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("--ca-file: the file has no PEM certificate")
	}
	c.HTTP = &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	return c, nil
}

// firstToken returns the first token of a file's content. A name and a colon
// may precede the token.
func firstToken(content string) api.Token {
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
