package main

import (
	"fmt"
	"unicode/utf8"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

// shortSecret is the length, in characters, below which a password or token is
// warned of: at 200 guesses a second even lower-case letters of this length take
// millions of years.
const shortSecret = 12

// warnOfShort logs a warning for each short password or token; the secrets
// themselves stay out of the log.
func warnOfShort(warnings []string) {
	for _, warning := range warnings {
		glog.Warning(warning)
	}
}

// shortAccounts returns the warnings for users and tokens of platforms.
func shortAccounts(users []api.User, tokens []api.Token) (warnings []string) {
	for _, user := range users {
		if isShort(user.Password) {
			warnings = append(warnings, fmt.Sprintf("short password: change it to %d characters or more user=%q", shortSecret, user.Name))
		}
	}
	for i, token := range tokens {
		if isShort(string(token)) {
			warnings = append(warnings, fmt.Sprintf("short token: change it to %d characters or more number=%d flag=--tokens-file", shortSecret, i+1))
		}
	}
	return warnings
}

// shortOperatorTokens returns the warnings for tokens of operators.
func shortOperatorTokens(tokens []api.NamedToken) (warnings []string) {
	for _, token := range tokens {
		if isShort(string(token.Token)) {
			warnings = append(warnings, fmt.Sprintf("short token: change it to %d characters or more operator=%q flag=--ops-tokens-file", shortSecret, token.Name))
		}
	}
	return warnings
}

func isShort(secret string) bool { return utf8.RuneCountInString(secret) < shortSecret }
