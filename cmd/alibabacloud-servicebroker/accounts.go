package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/golang/glog"
	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
)

// checkAccess requires accounts, or --insecure-no-auth instead of them.
func (c *config) checkAccess() error {
	hasAccounts := len(c.users) > 0 || c.usersFile != "" || c.tokensFile != "" || c.tokenReview
	switch {
	case !hasAccounts && !c.insecureNoAuth:
		return errors.New("the broker has no accounts: set BROKER_USERNAME and BROKER_PASSWORD, --users-file, --tokens-file or --token-review; or accept every request with --insecure-no-auth")
	case hasAccounts && c.insecureNoAuth:
		return errors.New("--insecure-no-auth accepts every request, yet users or tokens are set: choose one")
	case c.tokenReview && len(c.reviewUsers) == 0:
		return errors.New("--token-review needs --token-review-users, since every pod of the cluster has a valid token")
	case !c.tokenReview && len(c.reviewUsers)+len(c.reviewAudiences) > 0:
		return errors.New("--token-review-users and --token-review-audience are for --token-review: set it too")
	}
	return nil
}

// platformAPI returns the handler of the platforms' port. Changes of the account
// files take effect while it serves.
func (c *config) platformAPI(files *filewatch.Watcher, config api.Config) (*api.Handler, error) {
	var err error
	if config.Reviewer, err = c.reviewer(); err != nil {
		return nil, err
	}
	config.InsecureNoAuth = c.insecureNoAuth
	if c.insecureNoAuth {
		glog.Warning("authentication is off: every client of the port can create, read and delete everything flag=--insecure-no-auth")
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
		} else {
			err = handler.SetAccounts(users, tokens)
		}
		if err == nil {
			warnOfShort(shortAccounts(users, tokens))
		}
		return err
	})
	return handler, err
}

// accounts returns the users and tokens of the environment and of the files'
// contents. An empty file is an error: it is probably damaged.
func (c *config) accounts(contents [][]byte) (users []api.User, tokens []api.Token, err error) {
	users = append(users, c.users...)
	if c.usersFile != "" {
		for number, line := range dataLines(contents[0]) {
			name, password, ok := strings.Cut(line, ":")
			if !ok || name == "" || password == "" {
				return nil, nil, fmt.Errorf("--users-file: line %d must be user:password", number)
			}
			users = append(users, api.User{Name: name, Password: password})
		}
		if len(users) == len(c.users) {
			return nil, nil, errors.New("--users-file has no user: add a line user:password")
		}
		contents = contents[1:]
	}
	if c.tokensFile != "" {
		for _, line := range dataLines(contents[0]) {
			tokens = append(tokens, api.Token(line))
		}
		if len(tokens) == 0 {
			return nil, nil, errors.New("--tokens-file has no token: add one per line")
		}
	}
	return users, tokens, nil
}

// dataLines returns the lines of a file by number. It skips empty lines and
// comments.
func dataLines(content []byte) func(yield func(int, string) bool) {
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

// reviewer returns the check of tokens by the API server; nil if --token-review
// is off.
func (c *config) reviewer() (*api.TokenReviewer, error) {
	if !c.tokenReview {
		return nil, nil //nolint:nilnil // a broker without token review has no reviewer
	}
	cluster, err := c.cluster()
	if err != nil {
		return nil, fmt.Errorf("--token-review: %w", err)
	}
	return c.reviewerAt(cluster)
}

// reviewerAt returns the check by one API server. client-go reloads the broker's
// own token and the authority when they change.
func (c *config) reviewerAt(cluster *rest.Config) (*api.TokenReviewer, error) {
	client, err := rest.HTTPClientFor(cluster)
	if err != nil {
		return nil, fmt.Errorf("--token-review: %w", err)
	}
	return api.NewTokenReviewer(api.TokenReviewConfig{
		Client: client, URL: cluster.Host, Audiences: c.reviewAudiences, Users: c.reviewUsers,
	})
}
