package alicloud

import (
	"context"
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
// on, in its hardened mode (IMDSv2): each read carries a token that a PUT gave. Where
// the service gives no token, reads carry none (IMDSv1), as those of Alibaba Cloud's own
// SDKs do, unless RequireToken forbids it.
type Metadata struct {
	base          string
	client        *http.Client
	values        *Memo[string] // where the machine is
	requiresToken bool

	mu      sync.Mutex
	token   *string // "": the service gives none
	expires time.Time
}

const (
	metadataHost     = "100.100.100.200" // the same on every ECS instance
	metadataTimeout  = 2 * time.Second
	metadataTokenTTL = 6 * time.Hour   // the most that the service grants
	metadataNoToken  = 5 * time.Minute // until the service is asked again for a token that it refused
	metadataMax      = 64 << 10        // bytes of an answer
	metadataKeep     = time.Minute     // of values that say where the machine is
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
		Transport: strictTransport{&http.Transport{ // no proxy: the address is of this machine alone
			DialContext:     (&net.Dialer{Timeout: metadataTimeout}).DialContext,
			IdleConnTimeout: 20 * time.Second,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return m
}

// RequireToken turns IMDSv1 off: without a token nothing is read. It returns m.
func (m *Metadata) RequireToken() *Metadata {
	m.requiresToken = true
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

// PrivateAddress returns the private IPv4 address of the machine.
func (m *Metadata) PrivateAddress(ctx context.Context) (string, error) {
	return m.place(ctx, "private-ipv4")
}

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

func (m *Metadata) send(ctx context.Context, method, path, header, value string) (body string, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, m.base+path, nil)
	if err != nil {
		return "", 0, err
	}
	if value != "" {
		req.Header.Set(header, value)
	}
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
