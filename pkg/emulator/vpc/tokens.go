package vpc

import (
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A tokenUse is the answer to the request that used a ClientToken first.
type tokenUse struct {
	params   string
	response any
}

// maxToken is the limit of a ClientToken's characters. The API names none;
// official clients send 71.
const maxToken = 128

// once makes a creation idempotent by its ClientToken. Creations are made by
// hand, and few: they wait for one another, and tokens are kept for good.
func (s *Service) once(do func(*rpc.Request) (any, *rpc.Error)) func(*rpc.Request) (any, *rpc.Error) {
	lock := make(chan struct{}, 1)
	return func(r *rpc.Request) (any, *rpc.Error) {
		token := r.Get("ClientToken")
		if token == "" {
			return do(r)
		}
		if len(token) > maxToken {
			return nil, bad("InvalidParameter", "A ClientToken has at most %d characters.", maxToken)
		}
		lock <- struct{}{}
		defer func() { <-lock }()
		key, params := r.Caller.AccountID+" "+r.Action+" "+token, meaning(r.Params)
		s.mu.RLock()
		old, used := s.tokens[key]
		s.mu.RUnlock()
		switch {
		case used && old.params != params:
			return nil, bad("IdempotentParameterMismatch", "The ClientToken was used with other parameters.")
		case used:
			return old.response, nil
		}
		response, fail := do(r)
		if fail == nil {
			s.mu.Lock()
			s.tokens[key] = tokenUse{params, response}
			s.mu.Unlock()
		}
		return response, fail
	}
}

// meaning returns the parameters without the ones that differ between two
// sendings of one request.
func meaning(params url.Values) string {
	rest := url.Values{}
	for name, values := range params {
		switch name {
		case "AccessKeyId", "Format", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce", "SignatureType", "SignatureVersion", "Timestamp":
		default:
			rest[name] = values
		}
	}
	return rest.Encode()
}
