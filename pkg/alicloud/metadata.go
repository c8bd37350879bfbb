package alicloud

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Metadata reads the metadata service of the ECS instance that the broker runs
// on, in its hardened mode (IMDSv2): each read carries a token that a PUT gave.
type Metadata struct {
	base   string
	client *http.Client
	values *Memo[string] // where the machine is

	mu      sync.Mutex
	token   *string
	expires time.Time
}

const (
	metadataHost     = "100.100.100.200" // the same on every ECS instance
	metadataTimeout  = 2 * time.Second
	metadataTokenTTL = 6 * time.Hour // the most that the service grants
	metadataMax      = 64 << 10      // bytes of an answer
	metadataKeep     = time.Minute   // of values that say where the machine is
)

// NewMetadata returns a reader of the metadata service, at endpoint or, if that is
// nil, at its well-known address.
func NewMetadata(endpoint *url.URL) *Metadata {
	m := &Metadata{base: "http://" + metadataHost, values: NewMemo[string](metadataKeep, nil)}
	if endpoint != nil {
		m.base = endpoint.Scheme + "://" + endpoint.Host
	}
	m.client = &http.Client{
		Timeout: metadataTimeout,
		Transport: &http.Transport{ // no proxy: the address is of this machine alone
			DialContext:     (&net.Dialer{Timeout: metadataTimeout}).DialContext,
			IdleConnTimeout: 20 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return m
}

// Region returns the region id of the machine.
func (m *Metadata) Region(ctx context.Context) (string, error) { return m.place(ctx, "region-id") }

// Zone returns the zone id of the machine.
func (m *Metadata) Zone(ctx context.Context) (string, error) { return m.place(ctx, "zone-id") }

// VPC returns the id of the VPC of the machine.
func (m *Metadata) VPC(ctx context.Context) (string, error) { return m.place(ctx, "vpc-id") }

// VSwitch returns the id of the VSwitch of the machine.
func (m *Metadata) VSwitch(ctx context.Context) (string, error) { return m.place(ctx, "vswitch-id") }

// place is get for values that say where the machine is: callers that begin together
// share one call.
func (m *Metadata) place(ctx context.Context, name string) (string, error) {
	value, err := m.values.Get(ctx, name, func(ctx context.Context) (string, error) { return m.get(ctx, name) })
	if err != nil {
		if known, ok := asError(err); ok {
			return "", known
		}
		return "", metadataError("GET "+name, 0, err)
	}
	return value, nil
}

// get returns a value of the service, trimmed. Errors are *Error; a missing value
// is ErrNotFound.
func (m *Metadata) get(ctx context.Context, name string) (string, error) {
	token, err := m.fresh(ctx)
	if err != nil {
		return "", err
	}
	value, status, err := m.send(ctx, http.MethodGet, "/latest/meta-data/"+name, "X-aliyun-ecs-metadata-token", token)
	if err == nil && status == http.StatusUnauthorized { // the service has forgotten the token
		m.mu.Lock()
		m.token = nil
		m.mu.Unlock()
	}
	if err := metadataError("GET "+name, status, err); err != nil {
		return "", err
	}
	if value == "" {
		return "", &Error{Product: "Metadata", Action: "GET " + name, Status: status, Reasons: []error{providers.ErrNotFound}, Detail: "the value is empty"}
	}
	return value, nil
}

func (m *Metadata) fresh(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token != nil && time.Now().Before(m.expires) {
		return *m.token, nil
	}
	ttl := fmt.Sprint(int(metadataTokenTTL.Seconds()))
	asked := time.Now()
	token, status, err := m.send(ctx, http.MethodPut, "/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds", ttl)
	if err := metadataError("PUT token", status, err); err != nil {
		return "", err
	}
	m.token, m.expires = &token, asked.Add(metadataTokenTTL-5*time.Minute)
	return token, nil
}

func (m *Metadata) send(ctx context.Context, method, path, header, value string) (body string, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, m.base+path, nil)
	if err != nil {
		return "", 0, err
	}
	req.Header.Set(header, value)
	resp, err := m.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, metadataMax))
	return strings.TrimSpace(string(b)), resp.StatusCode, err
}

func metadataError(action string, status int, err error) error {
	if err == nil && status == http.StatusOK {
		return nil
	}
	e := &Error{Product: "Metadata", Action: action, Status: status, Detail: "the answer is unusable"}
	if err != nil {
		e.Detail = redact(withoutURL(err), nil)
		e.Reasons = lossReasons(Op{Access: Read}, err)
	} else if status == http.StatusNotFound {
		e.Reasons = []error{providers.ErrNotFound}
	}
	return e
}
