package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A Client calls the operator API of a broker.
type Client struct {
	// URL is the broker's second port, such as http://127.0.0.1:8006.
	URL   string
	Token api.Token
	HTTP  *http.Client // nil: http.DefaultClient
}

// A RefusedError is an error answer of the broker.
type RefusedError struct {
	Status int
	operator.Failure
}

// Error returns the answer.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the broker answers %d: %s", e.Status, e.Description)
}

// Counts returns the numbers of instances and bindings that exist.
func (c *Client) Counts(ctx context.Context) (operator.Counts, error) {
	return call[operator.Counts](ctx, c, http.MethodGet, "counts", nil)
}

// A Filter selects the instances of the list.
type Filter struct {
	Unfinished bool // with unfinished work, their own or a binding's
	Failed     bool // with a failed last operation, their own or a binding's
	Deleted    bool // deleted instances too
}

func (f Filter) query() url.Values {
	q := url.Values{}
	for name, on := range map[string]bool{"unfinished": f.Unfinished, "failed": f.Failed, "deleted": f.Deleted} {
		if on {
			q.Set(name, strconv.FormatBool(on))
		}
	}
	return q
}

// List calls each for every instance, in the order of the store.
func (c *Client) List(ctx context.Context, f Filter, each func(operator.Line) error) error {
	return callLines(ctx, c, http.MethodGet, "instances", f.query(), each)
}

// Show returns an instance with its bindings; deleted bindings on demand.
func (c *Client) Show(ctx context.Context, instanceID string, deleted bool) (operator.Instance, error) {
	return call[operator.Instance](ctx, c, http.MethodGet, instancePath(instanceID), Filter{Deleted: deleted}.query())
}

// Retry triggers an attempt for every unfinished record of an instance.
func (c *Client) Retry(ctx context.Context, instanceID string) (operator.Tried, error) {
	return call[operator.Tried](ctx, c, http.MethodPost, instancePath(instanceID)+"/retry", nil)
}

// Altered returns the records of an instance that were changed outside of the
// broker.
func (c *Client) Altered(ctx context.Context, instanceID string) (operator.Altered, error) {
	return call[operator.Altered](ctx, c, http.MethodGet, instancePath(instanceID)+"/accept", nil)
}

// Accept makes the altered record of an instance that has this digest, its own or
// a binding's, authentic as it is stored.
func (c *Client) Accept(ctx context.Context, instanceID, digest string) (operator.AlteredRecord, error) {
	return call[operator.AlteredRecord](ctx, c, http.MethodPost, instancePath(instanceID)+"/accept", url.Values{"confirm": {digest}})
}

// Purge drops the records of an instance with its bindings, or of one binding if
// bindingID is set. Cloud resources stay. Without a running deletion it needs
// force.
func (c *Client) Purge(ctx context.Context, instanceID, bindingID string, force bool) (operator.Purged, error) {
	path, confirm := instancePath(instanceID), instanceID
	if bindingID != "" {
		path, confirm = path+"/bindings/"+url.PathEscape(bindingID), bindingID
	}
	return call[operator.Purged](ctx, c, http.MethodDelete, path, url.Values{"confirm": {confirm}, "force": {strconv.FormatBool(force)}})
}

// Keys lists the sealing keys. The broker reads all records for that.
func (c *Client) Keys(ctx context.Context) (operator.KeyList, error) {
	return call[operator.KeyList](ctx, c, http.MethodGet, "keys", nil)
}

// AddKey makes a new key, which seals after PromoteKey.
func (c *Client) AddKey(ctx context.Context) (sealed.Key, error) {
	return call[sealed.Key](ctx, c, http.MethodPost, "keys", nil)
}

// PromoteKey makes a key the one that seals.
func (c *Client) PromoteKey(ctx context.Context, id uint32) error {
	_, err := call[struct{}](ctx, c, http.MethodPost, keyPath(id)+"/promote", nil)
	return err
}

// DropKey removes an unused key.
func (c *Client) DropKey(ctx context.Context, id uint32) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, keyPath(id), nil)
	return err
}

func keyPath(id uint32) string { return "keys/" + strconv.FormatUint(uint64(id), 10) }

// Reseal seals all records with the primary key. It calls progress now and then
// and at the end.
func (c *Client) Reseal(ctx context.Context, progress func(operator.Progress) error) error {
	done := false
	err := callLines(ctx, c, http.MethodPost, "reseal", nil, func(p operator.Progress) error {
		done = done || p.Done
		return progress(p)
	})
	if err == nil && !done {
		err = errors.New("the broker stopped before the end of the reseal: run it again")
	}
	return err
}

// instancePath is the path of an instance below operator.Root.
func instancePath(id string) string { return "instances/" + url.PathEscape(id) }
