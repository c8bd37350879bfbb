package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A Client speaks to the operators' API of a broker.
type Client struct {
	// URL is of the broker's second port, such as http://127.0.0.1:8006.
	URL   string
	Token api.Token
	HTTP  *http.Client // nil: http.DefaultClient
}

// A RefusedError is an answer that is no success.
type RefusedError struct {
	Status int
	operator.Failure
}

// Error is what the broker says.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the broker answers %d: %s", e.Status, e.Description)
}

// Counts says how much exists.
func (c *Client) Counts(ctx context.Context) (operator.Counts, error) {
	return one[operator.Counts](ctx, c, http.MethodGet, "counts", nil)
}

// A Filter says which instances are listed.
type Filter struct {
	Unfinished bool // that have something to do, or have bindings that do
	Failed     bool // whose last operation failed, or that of a binding
	Deleted    bool // also what was deleted
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

// List calls each for every instance, in no particular order.
func (c *Client) List(ctx context.Context, f Filter, each func(operator.Line) error) error {
	return lines(ctx, c, http.MethodGet, "instances", f.query(), each)
}

// Show tells all of an instance; of its deleted bindings only where asked.
func (c *Client) Show(ctx context.Context, instanceID string, deleted bool) (operator.Instance, error) {
	return one[operator.Instance](ctx, c, http.MethodGet, instancePath(instanceID), Filter{Deleted: deleted}.query())
}

// Retry lets what is unfinished of an instance be tried again.
func (c *Client) Retry(ctx context.Context, instanceID string) (operator.Tried, error) {
	return one[operator.Tried](ctx, c, http.MethodPost, instancePath(instanceID)+"/retry", nil)
}

// Purge lets go of an instance, or of a binding of it where there is an id,
// without a word to the cloud. What is not being deleted takes force.
func (c *Client) Purge(ctx context.Context, instanceID, bindingID string, force bool) (operator.Purged, error) {
	path, confirm := instancePath(instanceID), instanceID
	if bindingID != "" {
		path, confirm = path+"/bindings/"+url.PathEscape(bindingID), bindingID
	}
	return one[operator.Purged](ctx, c, http.MethodDelete, path, url.Values{"confirm": {confirm}, "force": {strconv.FormatBool(force)}})
}

// Keys lists the keys that seal. It makes the broker read all records.
func (c *Client) Keys(ctx context.Context) (operator.KeyList, error) {
	return one[operator.KeyList](ctx, c, http.MethodGet, "keys", nil)
}

// AddKey draws a new key, which does not seal yet.
func (c *Client) AddKey(ctx context.Context) (sealed.Key, error) {
	return one[sealed.Key](ctx, c, http.MethodPost, "keys", nil)
}

// PromoteKey lets a key seal.
func (c *Client) PromoteKey(ctx context.Context, id uint32) error {
	_, err := one[struct{}](ctx, c, http.MethodPost, keyPath(id)+"/promote", nil)
	return err
}

// DropKey forgets a key that nothing needs.
func (c *Client) DropKey(ctx context.Context, id uint32) error {
	_, err := one[struct{}](ctx, c, http.MethodDelete, keyPath(id), nil)
	return err
}

func keyPath(id uint32) string { return "keys/" + strconv.FormatUint(uint64(id), 10) }

// Reseal seals all secrets with the primary key, and calls progress now and then
// and when it is done.
func (c *Client) Reseal(ctx context.Context, progress func(operator.Progress) error) error {
	done := false
	err := lines(ctx, c, http.MethodPost, "reseal", nil, func(p operator.Progress) error {
		done = done || p.Done
		return progress(p)
	})
	if err == nil && !done {
		err = errors.New("the broker stopped before it was done: run it again")
	}
	return err
}

// instancePath is the path of an instance, below the root.
func instancePath(id string) string { return "instances/" + url.PathEscape(id) }

// one sends a request whose answer is one object.
func one[T any](ctx context.Context, c *Client, method, path string, query url.Values) (T, error) {
	var answer T
	body, err := c.send(ctx, method, path, query)
	if err != nil {
		return answer, err
	}
	defer func() { _ = body.Close() }()
	if err := json.NewDecoder(body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("the broker's answer: %w", err)
	}
	return answer, nil
}

// lines sends a request whose answer is one object a line, of which the last
// may be a failure.
func lines[T any](ctx context.Context, c *Client, method, path string, query url.Values, each func(T) error) error {
	body, err := c.send(ctx, method, path, query)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	reader := bufio.NewReader(body)
	for {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var failed operator.Failure
			if err := json.Unmarshal(line, &failed); err == nil && failed.Code != "" {
				return &RefusedError{Status: http.StatusInternalServerError, Failure: failed}
			}
			var item T
			if err := json.Unmarshal(line, &item); err != nil {
				return fmt.Errorf("the broker's answer: %w", err)
			}
			if err := each(item); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the broker's answer: %w", err)
		}
	}
}

// mostOfFailure is how much of an answer that is no success is read, in bytes.
const mostOfFailure = 64 << 10

func (c *Client) send(ctx context.Context, method, path string, query url.Values) (io.ReadCloser, error) {
	at := strings.TrimSuffix(c.URL, "/") + operator.Root + path
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, at, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+string(c.Token))
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < http.StatusBadRequest {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	refused := &RefusedError{Status: response.StatusCode}
	text, err := io.ReadAll(io.LimitReader(response.Body, mostOfFailure))
	if err != nil || json.Unmarshal(text, &refused.Failure) != nil || refused.Description == "" {
		refused.Description = "no operators' API answers at " + c.URL
	}
	return nil, refused
}
