package alicloud

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
)

// OIDC holds the settings that RRSA (RAM roles for service accounts) gives a pod.
type OIDC struct {
	TokenFile   string   // ALIBABA_CLOUD_OIDC_TOKEN_FILE; the platform renews its content
	ProviderARN string   // ALIBABA_CLOUD_OIDC_PROVIDER_ARN
	RoleARN     string   // ALIBABA_CLOUD_ROLE_ARN
	SessionName string   // empty: osb-broker
	Region      string   // of the real STS; may be empty
	Endpoint    *url.URL // of STS; nil: the real one
}

// Configured reports whether the pod has RRSA.
func (o OIDC) Configured() bool { return o.TokenFile != "" && o.ProviderARN != "" && o.RoleARN != "" }

// RRSA returns a source of temporary keys for a service account's token (STS
// API, AssumeRoleWithOIDC). The token takes the place of a signature.
func RRSA(o OIDC) CredentialsSource {
	client := &http.Client{Transport: strictTransport{newTransport()}, Timeout: readTimeout}
	return newCached("rrsa", func(ctx context.Context) (Key, error) {
		token, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return Key{}, credentialsError("AssumeRoleWithOIDC", err.Error(), nil)
		}
		answer, err := exchange(ctx, client, o, strings.TrimSpace(string(token)))
		if err != nil {
			op := Op{Product: STS().Name, Action: "AssumeRoleWithOIDC", Secrets: []string{strings.TrimSpace(string(token))}}
			return Key{}, credentialsError(op.Action, "the role was not given", products{op.Product: STS()}.classify(op, err))
		}
		c := answer.Credentials
		return temporaryKey("AssumeRoleWithOIDC", c.AccessKeyID, c.AccessKeySecret, c.SecurityToken, c.Expiration)
	})
}

// oidcAnswer is the answer of AssumeRoleWithOIDC, as far as we read it.
type oidcAnswer struct {
	Credentials struct {
		AccessKeyID     string `json:"AccessKeyId"`
		AccessKeySecret string `json:"AccessKeySecret"`
		SecurityToken   string `json:"SecurityToken"`
		Expiration      string `json:"Expiration"`
	} `json:"Credentials"`
}

func exchange(ctx context.Context, client *http.Client, o OIDC, token string) (oidcAnswer, error) {
	endpoint := "https://" + STS().Host(o.Region)
	if o.Endpoint != nil {
		endpoint = o.Endpoint.Scheme + "://" + o.Endpoint.Host
	}
	query := url.Values{
		"Action": {"AssumeRoleWithOIDC"}, "Version": {STS().Version}, "Format": {"JSON"},
		"Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	form := url.Values{
		"RoleArn": {o.RoleARN}, "OIDCProviderArn": {o.ProviderARN}, "OIDCToken": {token},
		"RoleSessionName": {sessionName(o.SessionName)}, "DurationSeconds": {strconv.Itoa(sessionSeconds)},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/?"+query.Encode(), strings.NewReader(form.Encode()))
	if err != nil {
		return oidcAnswer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return oidcAnswer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, metadataMax))
	if err != nil {
		return oidcAnswer{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return oidcAnswer{}, serverError(resp.StatusCode, body)
	}
	var answer oidcAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return oidcAnswer{}, errUnreadable
	}
	return answer, nil
}

// serverError reads an error body as the SDK does; bodies that it would panic
// on give an error too.
func serverError(status int, body []byte) error {
	var fields struct {
		Code      string `json:"Code"`
		Message   string `json:"Message"`
		RequestID string `json:"RequestId"`
	}
	if json.Unmarshal(body, &fields) != nil {
		body = nil
	}
	return sdkerrors.NewServerError(status, string(body), "")
}
