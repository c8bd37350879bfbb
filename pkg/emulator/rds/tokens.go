package rds

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A tokenKey identifies a ClientToken in use: tokens of different accounts and
// of different actions are independent.
type tokenKey [sha256.Size]byte

func keyOf(account, action, token string) tokenKey {
	return sha256.Sum256([]byte(account + "\x00" + action + "\x00" + token))
}

// A tokenUse is the outcome of the request that used a token first.
type tokenUse struct {
	params   [sha256.Size]byte
	at       time.Time
	response json.RawMessage // nil: an empty answer
	busy     bool            // the first request is still at work
}

// digest covers the parameters that are equal in two sendings of one request.
func digest(params url.Values) [sha256.Size]byte {
	rest := url.Values{}
	for name, values := range params {
		switch name {
		case "AccessKeyId", "Format", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce", "SignatureType", "SignatureVersion", "Timestamp":
		default:
			rest[name] = values
		}
	}
	return sha256.Sum256([]byte(rest.Encode()))
}

// withTokens gives ClientToken its meaning in each action, by the action's contract:
// the action is idempotent by it, or only checks it.
func (s *Service) withTokens(actions map[string]rpc.Action) map[string]rpc.Action {
	for name, a := range actions {
		switch do := a.Do; {
		case slices.Contains(a.Contract.Implements, "ClientToken"):
			a.Do = s.once(do)
		case slices.Contains(a.Contract.Checks, "ClientToken"):
			a.Do = func(r *rpc.Request) (any, *rpc.Error) {
				if _, fail := readToken(r); fail != nil {
					return nil, fail
				}
				return do(r)
			}
		}
		actions[name] = a
	}
	return actions
}

// once makes an action idempotent by its ClientToken ("How to ensure
// idempotence", and the error table of CreateDBInstance): the same token with
// the same parameters gets the first answer, with others
// IdempotentParameterMismatch (A020, A021). A failed request leaves its token
// unused (A023).
func (s *Service) once(do func(*rpc.Request) (any, *rpc.Error)) func(*rpc.Request) (any, *rpc.Error) {
	return func(r *rpc.Request) (any, *rpc.Error) {
		token, fail := readToken(r)
		if fail != nil {
			return nil, fail
		}
		rehearsed := r.Action == "CreateDBInstance" && strings.EqualFold(r.Get("DryRun"), "true")
		if token == "" || rehearsed { // a rehearsal uses no token
			return do(r)
		}
		key := keyOf(r.Caller.AccountID, r.Action, token)
		use := &tokenUse{params: digest(r.Params), at: r.Now, busy: true}
		if response, answered, fail := s.useToken(key, use); answered || fail != nil {
			return response, fail
		}
		response, fail := do(r)
		s.mu.Lock()
		defer s.mu.Unlock()
		if fail != nil || s.behaviour.TokenLifetime <= 0 {
			delete(s.tokens, key)
			return response, fail
		}
		use.busy = false
		if response != nil {
			text, err := rpc.Marshal(response)
			if err != nil { // a struct of strings and numbers always marshals
				delete(s.tokens, key)
				return nil, rpc.Errorf(http.StatusInternalServerError, "InternalError", "%v", err)
			}
			use.response = text
		}
		return response, nil
	}
}

// useToken claims the token for use, or returns its earlier use.
func (s *Service) useToken(key tokenKey, use *tokenUse) (response any, answered bool, fail *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, used := s.tokens[key]
	if used && !old.busy && use.at.Sub(old.at) >= s.behaviour.TokenLifetime {
		used = false
	}
	switch {
	case !used:
		if len(s.tokens)%1024 == 1023 { // from time to time, drop the expired ones
			maps.DeleteFunc(s.tokens, func(_ tokenKey, u *tokenUse) bool {
				return !u.busy && use.at.Sub(u.at) >= s.behaviour.TokenLifetime
			})
		}
		s.tokens[key] = use
		return nil, false, nil
	case old.params != use.params:
		return nil, true, rpc.Errorf(http.StatusBadRequest, "IdempotentParameterMismatch", "The ClientToken was used with other parameters.")
	case old.busy || use.at.Sub(old.at) < s.behaviour.InFlight:
		return nil, true, rpc.Errorf(http.StatusBadRequest, "InvalidConcurrentOperate", "The same request is being processed.")
	case s.behaviour.RefuseUsedToken:
		return nil, true, rpc.Errorf(http.StatusBadRequest, "InvalidRequestId", "The request is a copy, check your token.")
	case old.response == nil:
		return nil, true, nil
	default:
		return old.response, true, nil
	}
}

// The pages say 64 of every action; CreateDBInstance takes more (A300).
const maxToken, maxCreateToken = 64, 128

// readToken reads and checks ClientToken.
func readToken(r *rpc.Request) (string, *rpc.Error) {
	limit := maxToken
	if r.Action == "CreateDBInstance" {
		limit = maxCreateToken
	}
	token := r.Get("ClientToken")
	if len(token) > limit || strings.ContainsFunc(token, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", rpc.Errorf(http.StatusBadRequest, "InvalidParameter", "A ClientToken has at most %d ASCII characters.", limit)
	}
	return token, nil
}
