package alicloud

import (
	"context"
	"net/url"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// A Role is assumed with other credentials.
type Role struct {
	ARN         string            // acs:ram::ACCOUNT:role/NAME. Required.
	Base        CredentialsSource // assumes the role. Required.
	Region      string            // of STS; empty: the one that serves everywhere
	SessionName string            // 2-64 of [A-Za-z0-9.@_-]; empty: osb-broker
	ExternalID  string            // if the role's trust policy requires one
	Endpoint    *url.URL          // of STS; nil: the real one
}

// sessionSeconds is the lifetime of keys of roles: the longest that every role
// allows by default.
const sessionSeconds = 3600

const defaultSession = "osb-broker"

// AssumeRole returns a source of temporary keys of a role (STS API,
// AssumeRole).
func AssumeRole(role Role) (CredentialsSource, error) {
	config := Config{Region: role.Region, Credentials: role.Base, FindRegion: func(context.Context) (string, error) { return "", nil }}
	if role.Endpoint != nil {
		config.Endpoints = EndpointsAt(role.Endpoint)
	}
	clients, err := New(config)
	if err != nil {
		return nil, err
	}
	source := newCached("assume_role", func(ctx context.Context) (Key, error) {
		req, resp := sts.CreateAssumeRoleRequest(), sts.CreateAssumeRoleResponse()
		req.RoleArn = role.ARN
		req.RoleSessionName = sessionName(role.SessionName)
		req.ExternalId = role.ExternalID
		req.DurationSeconds = requests.NewInteger(sessionSeconds)
		if err := clients.Do(ctx, Read, req, resp); err != nil {
			return Key{}, credentialsError("AssumeRole", "the role was not given", err)
		}
		return temporaryKey("AssumeRole", resp.Credentials.AccessKeyId, resp.Credentials.AccessKeySecret,
			resp.Credentials.SecurityToken, resp.Credentials.Expiration)
	})
	source.behind = clients
	return source, nil
}

func sessionName(name string) string {
	if name == "" {
		return defaultSession
	}
	return name
}

// temporaryKey checks a key that STS or the metadata service gave.
func temporaryKey(action, id, secret, token, expiration string) (Key, error) {
	expires, err := time.Parse(time.RFC3339, expiration)
	if err != nil || id == "" || secret == "" || token == "" {
		return Key{}, credentialsError(action, "the answer holds no whole key", nil)
	}
	return Key{ID: id, Secret: secret, Token: token, Expires: expires}, nil
}
