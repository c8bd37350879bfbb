package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
)

// operatorAPI returns the handler of the operator API. Changes of its token file
// take effect while it serves.
func (c *config) operatorAPI(files *filewatch.Watcher, config server.Config) (http.Handler, error) {
	auth := api.NewTokenAuthenticator(0, nil)
	config.Auth = auth
	if c.opsTokensFile != "" {
		err := files.Use("operators", []string{c.opsTokensFile}, func(contents [][]byte) error {
			tokens, err := operatorTokens(contents[0])
			if err != nil {
				return err
			}
			if err := auth.SetTokens(tokens); err != nil {
				return err
			}
			warnOfShort(shortOperatorTokens(tokens))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("--ops-tokens-file: %w", err)
		}
	}
	return server.New(config)
}

// operatorTokens returns the operators of a token file.
func operatorTokens(content []byte) ([]api.NamedToken, error) {
	var tokens []api.NamedToken
	for number, line := range dataLines(content) {
		name, token, ok := strings.Cut(line, ":")
		if !ok || name == "" || token == "" {
			return nil, fmt.Errorf("line %d must be name:token", number)
		}
		tokens = append(tokens, api.NamedToken{Name: name, Token: api.Token(token)})
	}
	if len(tokens) == 0 {
		return nil, errors.New("the file has no token: add a line name:token")
	}
	return tokens, nil
}

// cancelWith cancels the requests that run when ctx ends. A reseal takes minutes
// and would hold the drain up.
func cancelWith(ctx context.Context, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestCtx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		handler.ServeHTTP(w, r.WithContext(requestCtx))
	})
}
