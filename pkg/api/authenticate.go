package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// SetAccounts replaces the accepted users and tokens from the next request on.
// If one of them is malformed, or if every request would be rejected, it returns
// an error and keeps the present ones.
func (h *Handler) SetAccounts(users []User, tokens []Token) error {
	accepted, err := newCredentials(users, tokens)
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	some := len(users)+len(tokens) > 0 || h.reviewer != nil
	switch {
	case some && h.noAuth:
		return errors.New("api: users or tokens are configured, and authentication is off: choose one")
	case !some && !h.noAuth:
		return errors.New("api: users and tokens are missing, so that every request would be rejected: configure one")
	}
	h.accepted.Store(&accepted)
	return nil
}

// authenticate returns nil if the request carries accepted credentials (AUTH-01,
// AUTH-03), or else the error to answer with and its header: 401, delayed after
// repeated failures, osb.ErrUnanswered when too many are delayed, or 503 while the
// reviewer cannot tell. Good credentials are never delayed.
func (h *Handler) authenticate(r *http.Request) (http.Header, error) {
	if h.noAuth {
		markAuthenticated(r.Context())
		return nil, nil
	}
	header, err := h.checkCredentials(r)
	if err == nil {
		markAuthenticated(r.Context())
	}
	return header, err
}

func (h *Handler) checkCredentials(r *http.Request) (http.Header, error) {
	accepted := h.accepted.Load()
	scheme := "none"
	if name, password, ok := r.BasicAuth(); ok {
		if anyEqual(accepted.basic, name+":"+password) {
			return nil, nil
		}
		scheme = "basic"
	} else if token, ok := bearer(r); ok {
		if anyEqual(accepted.bearer, token) {
			return nil, nil
		}
		scheme = "bearer"
		if h.reviewer != nil && token != "" {
			switch allowed, err := h.reviewer.Allows(r.Context(), token, addressOf(r)); {
			case err != nil:
				return nil, osb.ErrUnavailable(err)
			case allowed:
				return nil, nil
			}
		}
	} else if r.Header.Get("Authorization") != "" {
		scheme = "other"
	}
	h.metrics.refusals.WithLabelValues(scheme).Inc()
	// A request without credentials guesses nothing.
	if scheme != "none" && !h.failures.wait(r.Context(), h.now()) {
		return nil, osb.ErrUnanswered
	}
	return http.Header{"Www-Authenticate": accepted.challenges(h.reviewer != nil)}, osb.ErrUnauthorized()
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// challenges returns the values of WWW-Authenticate (AUTH-04).
func (c *credentials) challenges(tokens bool) []string {
	const realm = ` realm="open service broker"`
	var challenges []string
	if len(c.basic) > 0 {
		challenges = append(challenges, "Basic"+realm)
	}
	if len(c.bearer) > 0 || tokens {
		challenges = append(challenges, "Bearer"+realm)
	}
	return challenges
}
