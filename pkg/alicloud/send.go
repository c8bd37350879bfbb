package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
)

// Do sends a request of the SDK to its product once and fills the response. It
// waits for the rate limit and honours the context. Errors are *Error.
//
// Each call has an SDK client of its own over the shared connections, since the
// SDK's clients keep time-outs in fields, for which concurrent calls would race,
// and ignore contexts.
func (c *Clients) Do(ctx context.Context, access Access, req requests.AcsRequest, resp responses.AcsResponse) error {
	_, err := c.do(ctx, access, req, resp)
	return err
}

// do is Do that returns the key that signed the request.
func (c *Clients) do(ctx context.Context, access Access, req requests.AcsRequest, resp responses.AcsResponse) (signed Key, err error) {
	op := Op{Product: req.GetProduct(), Action: req.GetActionName(), Access: access}
	err = c.Call(ctx, op, func(key Key) error {
		signed = key
		ctx, cancel := context.WithTimeout(ctx, access.timeout())
		defer cancel()
		err := c.send(ctx, access, key, req, resp)
		own := op
		own.Secrets = key.secrets()
		for name, value := range req.GetQueryParams() { // the SDK has set them by now
			if isSecretParameter(name) {
				own.Secrets = append(own.Secrets, value)
			}
		}
		return c.products.classify(own, err)
	})
	return signed, err
}

func (c *Clients) send(ctx context.Context, access Access, key Key, req requests.AcsRequest, resp responses.AcsResponse) (err error) {
	// The SDK panics on unexpected error bodies, such as a proxy's.
	defer func() {
		if r := recover(); r != nil {
			err = errUnreadable
		}
	}()
	endpoint := c.endpoint(req.GetProduct(), req.GetRegionId())
	req.SetScheme(strings.ToUpper(endpoint.Scheme))
	req.SetDomain(endpoint.Host)
	config := sdk.NewConfig()
	config.AutoRetry = false
	config.Transport = perCall{ctx: ctx, next: c.transport}
	client, err := sdk.NewClientWithOptions(c.Region(), config, key.provider())
	if err != nil {
		return &notSentError{fmt.Errorf("set up the SDK: %w", err)}
	}
	// Our context ends the call; the SDK's own time-out is only a second net.
	client.SetReadTimeout(access.timeout() + time.Second)
	client.SetCloseTrace(true)        // spans would carry the URL
	client.SetNoProxy("^nothing[.]$") // the transport knows NO_PROXY; the SDK takes its items for patterns
	return client.DoAction(req, resp)
}

// errUnreadable replaces the panic of the SDK on an unexpected answer.
var errUnreadable = errors.New("the answer could not be read")

// endpoint returns the URL of a product in a region, or in the clients' own region
// if region is empty.
func (c *Clients) endpoint(product, region string) *url.URL {
	if u := c.Override(product); u != nil {
		return u
	}
	if region == "" {
		region = c.Region()
	}
	return &url.URL{Scheme: "https", Host: c.products[strings.ToLower(product)].Host(region)}
}

// provider wraps the key for the SDK.
func (k Key) provider() credentials.CredentialsProvider {
	if k.Token != "" {
		return credentials.NewStaticSTSCredentialsProvider(k.ID, k.Secret, k.Token)
	}
	return credentials.NewStaticAKCredentialsProvider(k.ID, k.Secret)
}
