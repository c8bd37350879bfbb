package alicloud

import (
	"context"
	"errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// Caller returns the id of the account that the credentials belong to (STS
// API, GetCallerIdentity). It is called once for each key, also by callers that
// begin together.
func (c *Clients) Caller(ctx context.Context) (account string, err error) {
	req, resp := sts.CreateGetCallerIdentityRequest(), sts.CreateGetCallerIdentityResponse()
	op := Op{Product: req.GetProduct(), Action: req.GetActionName()}
	key, err := c.source.Credentials(ctx)
	if err != nil {
		return "", c.products.classify(op, &notSentError{err})
	}
	account, err = c.callers.Get(ctx, key.ID, func(ctx context.Context) (string, error) {
		signed, err := c.do(ctx, Read, req, resp)
		if err != nil {
			return "", err
		}
		if signed.ID != key.ID {
			return "", &notSentError{errors.New("the credentials changed during the call")}
		}
		if resp.AccountId == "" {
			op.Secrets = key.secrets()
			return "", IncompleteAnswer(op, resp.GetHttpStatus(), resp.RequestId, "the answer names no account")
		}
		return resp.AccountId, nil
	})
	if err != nil {
		return "", c.products.classify(op, err)
	}
	c.account.Store(account)
	return account, nil
}
