package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// get returns a value of the service, trimmed. Errors are *Error; a missing value
// is ErrNotFound. A read that fails with a token is made once more without one
// (credentials-go 1.4.14).
func (m *Metadata) get(ctx context.Context, name string) (string, error) {
	token, err := m.fresh(ctx)
	if err != nil {
		return "", err
	}
	value, status, err := m.read(ctx, name, token)
	if err == nil && status == http.StatusUnauthorized { // the service has forgotten the token
		m.forget()
	}
	isRefused := err == nil && (status == http.StatusUnauthorized || status == http.StatusForbidden)
	if isRefused && token != "" && !m.requiresToken {
		value, status, err = m.read(ctx, name, "")
	}
	if err := metadataError("GET "+name, status, err); err != nil {
		return "", err
	}
	if value == "" {
		return "", &Error{Product: "Metadata", Action: "GET " + name, Status: status, Reasons: []error{providers.ErrNotFound}, Detail: "the value is empty"}
	}
	return value, nil
}

func (m *Metadata) read(ctx context.Context, name, token string) (value string, status int, err error) {
	return m.send(ctx, http.MethodGet, "/latest/meta-data/"+name, "X-aliyun-ecs-metadata-token", token)
}

// fresh returns a token, or "" where the service refuses to give one and reads without
// one are allowed. Any failure of the PUT counts as a refusal, since its answer is
// lost on the way to containers where the service limits its hops; a service without a
// connection is missing altogether.
func (m *Metadata) fresh(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token != nil && time.Now().Before(m.expires) {
		return *m.token, nil
	}
	ttl := fmt.Sprint(int(metadataTokenTTL.Seconds()))
	asked := time.Now()
	token, status, err := m.send(ctx, http.MethodPut, "/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds", ttl)
	failed := metadataError("PUT token", status, err)
	switch _, isUnsent := errors.AsType[*notSentError](err); {
	case failed == nil:
		m.token, m.expires = &token, asked.Add(metadataTokenTTL-5*time.Minute)
		return token, nil
	case isUnsent, ctx.Err() != nil:
		return "", failed
	case m.requiresToken:
		if e, ok := asError(failed); ok {
			e.Detail = "the service gives no token, and ALIBABA_CLOUD_IMDSV1_DISABLED forbids reads without one: " + e.Detail
		}
		return "", failed
	}
	m.token, m.expires = new(string), asked.Add(metadataNoToken)
	return "", nil
}

// forget drops the token, so that the next read asks for another.
func (m *Metadata) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = nil
}
