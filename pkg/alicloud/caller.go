package alicloud

import (
	"context"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// caller remembers the account of a key.
type caller struct {
	mu      sync.Mutex
	keyID   string
	account string
}

// Caller returns the id of the account that the credentials belong to (STS
// API, GetCallerIdentity). It is called once for each key.
func (c *Clients) Caller(ctx context.Context) (account string, err error) {
	req, resp := sts.CreateGetCallerIdentityRequest(), sts.CreateGetCallerIdentityResponse()
	key, err := c.source.Credentials(ctx)
	if err != nil {
		return "", c.products.classify(Op{Product: req.GetProduct(), Action: req.GetActionName()}, &notSentError{err})
	}
	c.caller.mu.Lock()
	account, known := c.caller.account, c.caller.keyID == key.ID
	c.caller.mu.Unlock()
	if known {
		return account, nil
	}
	if err := c.Do(ctx, Read, req, resp); err != nil {
		return "", err
	}
	if resp.AccountId == "" {
		op := Op{Product: req.GetProduct(), Action: req.GetActionName(), Secrets: key.secrets()}
		return "", IncompleteAnswer(op, resp.GetHttpStatus(), resp.RequestId, "the answer names no account")
	}
	c.caller.mu.Lock()
	defer c.caller.mu.Unlock()
	c.caller.keyID, c.caller.account = key.ID, resp.AccountId
	return resp.AccountId, nil
}
