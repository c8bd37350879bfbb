package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
)

// isCommand says whether args are a command of an operator rather than flags of
// the broker.
func isCommand(args []string) bool { return len(args) > 0 && !strings.HasPrefix(args[0], "-") }

// runCommand speaks to a running broker and returns what to exit with.
func runCommand(ctx context.Context, args []string, getenv func(string) string, out, complaints io.Writer) int {
	err := client.Run(ctx, args, getenv, out)
	if err != nil {
		_, _ = fmt.Fprintln(complaints, "alibabacloud-servicebroker:", err)
	}
	return client.ExitCode(err)
}

// operators serves operators, with the tokens of the file as it is at any time.
func (c *config) operators(files *api.Files, config server.Config) (http.Handler, error) {
	gate := api.NewGate(0, nil)
	config.Gate = gate
	if c.opsTokensFile != "" {
		err := files.Use("operators", []string{c.opsTokensFile}, func(contents [][]byte) error {
			tokens, err := operatorsIn(contents[0])
			if err != nil {
				return err
			}
			return gate.SetTokens(tokens)
		})
		if err != nil {
			return nil, fmt.Errorf("--ops-tokens-file: %w", err)
		}
	}
	return server.New(config)
}

// operatorsIn are the names and tokens of a file.
func operatorsIn(content []byte) ([]api.NamedToken, error) {
	var tokens []api.NamedToken
	for number, line := range entries(content) {
		name, token, ok := strings.Cut(line, ":")
		if !ok || name == "" || token == "" {
			return nil, fmt.Errorf("line %d is not name:token", number)
		}
		tokens = append(tokens, api.NamedToken{Name: name, Token: api.Token(token)})
	}
	if len(tokens) == 0 {
		return nil, errors.New("there is no token in it")
	}
	return tokens, nil
}

// until ends the calls that are running when ctx ends: some take long, and
// nobody waits for them.
func until(ctx context.Context, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		within, end := context.WithCancel(r.Context())
		defer end()
		defer context.AfterFunc(ctx, end)()
		handler.ServeHTTP(w, r.WithContext(within))
	})
}
