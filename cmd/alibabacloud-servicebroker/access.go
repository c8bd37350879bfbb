package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/golang/glog"
	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// checkAccess refuses a broker that nobody could call, or everybody unasked.
func (c *config) checkAccess() error {
	some := len(c.users) > 0 || c.usersFile != "" || c.tokensFile != "" || c.tokenReview
	switch {
	case !some && !c.insecureNoAuth:
		return errors.New("nobody could call this broker: set BROKER_USERNAME and BROKER_PASSWORD, --users-file, --tokens-file or --token-review; or let everybody in by --insecure-no-auth")
	case some && c.insecureNoAuth:
		return errors.New("--insecure-no-auth lets everybody in, yet users or tokens are set: choose one")
	case c.tokenReview && len(c.reviewUsers) == 0:
		return errors.New("--token-review needs --token-review-users, since every pod of the cluster has a token that is genuine")
	case !c.tokenReview && len(c.reviewUsers)+len(c.reviewAudiences) > 0:
		return errors.New("--token-review-users and --token-review-audience are for --token-review: set it too")
	}
	return nil
}

// handler serves platforms, with the accounts of the environment and, as they
// are at any time, of the files.
func (c *config) handler(files *api.Files, config api.Config) (*api.Handler, error) {
	var err error
	if config.Reviewer, err = c.reviewer(); err != nil {
		return nil, err
	}
	config.InsecureNoAuth = c.insecureNoAuth
	if c.insecureNoAuth {
		glog.Warning("--insecure-no-auth: whoever reaches the port can make, read and delete everything")
	}
	var paths []string
	for _, path := range []string{c.usersFile, c.tokensFile} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	var handler *api.Handler
	err = files.Use("accounts", paths, func(contents [][]byte) error {
		users, tokens, err := c.accounts(contents)
		if err != nil {
			return err
		}
		if handler == nil {
			config.Users, config.Tokens = users, tokens
			handler, err = api.New(config)
			return err
		}
		return handler.SetAccounts(users, tokens)
	})
	return handler, err
}

// accounts are the users and tokens of the environment and of the files'
// contents. A file without any is taken for a broken one.
func (c *config) accounts(contents [][]byte) (users []api.User, tokens []api.Token, err error) {
	users = append(users, c.users...)
	if c.usersFile != "" {
		for number, line := range entries(contents[0]) {
			name, password, ok := strings.Cut(line, ":")
			if !ok || name == "" || password == "" {
				return nil, nil, fmt.Errorf("--users-file: line %d is not user:password", number)
			}
			users = append(users, api.User{Name: name, Password: password})
		}
		if len(users) == len(c.users) {
			return nil, nil, errors.New("--users-file: there is no user in it")
		}
		contents = contents[1:]
	}
	if c.tokensFile != "" {
		for _, line := range entries(contents[0]) {
			tokens = append(tokens, api.Token(line))
		}
		if len(tokens) == 0 {
			return nil, nil, errors.New("--tokens-file: there is no token in it")
		}
	}
	return users, tokens, nil
}

// entries are the lines, by number, that are neither empty nor comments.
func entries(content []byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(string(content)) {
			number++
			line = strings.TrimRight(line, "\r\n")
			if line != "" && !strings.HasPrefix(line, "#") && !yield(number, line) {
				return
			}
		}
	}
}

// reviewer asks the API server of the cluster that the broker runs in; nil
// without --token-review.
func (c *config) reviewer() (*api.TokenReviewer, error) {
	if !c.tokenReview {
		return nil, nil //nolint:nilnil // no reviewer is a configuration too
	}
	cluster, err := c.cluster()
	if err != nil {
		return nil, fmt.Errorf("--token-review: %w", err)
	}
	return c.reviewerAt(cluster)
}

// reviewerAt asks this API server. client-go reads the broker's own token, and
// the authority, again when they change.
func (c *config) reviewerAt(cluster *rest.Config) (*api.TokenReviewer, error) {
	client, err := rest.HTTPClientFor(cluster)
	if err != nil {
		return nil, fmt.Errorf("--token-review: %w", err)
	}
	return api.NewTokenReviewer(api.TokenReviewConfig{
		Client: client, URL: cluster.Host, Audiences: c.reviewAudiences, Users: c.reviewUsers,
	})
}

// tls is the configuration of the platforms' port, of the files as they are at
// any time; nil for plain HTTP.
func (c *config) tls(files *api.Files) (*tls.Config, error) {
	if c.tlsCert == "" {
		return nil, nil //nolint:nilnil // no TLS is a configuration too
	}
	var certificates api.Certificates
	err := files.Use("certificate", []string{c.tlsCert, c.tlsKey}, func(contents [][]byte) error {
		return certificates.SetOwn(contents[0], contents[1])
	})
	if err != nil {
		return nil, fmt.Errorf("--tls-cert-file and --tls-key-file: %w", err)
	}
	if c.clientCA != "" {
		err = files.Use("client-authorities", []string{c.clientCA}, func(contents [][]byte) error {
			return certificates.SetClientCAs(contents[0])
		})
		if err != nil {
			return nil, fmt.Errorf("--client-ca-file: %w", err)
		}
	}
	return certificates.Config(), nil
}
