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
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// call sends a request and decodes the object of the answer.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values) (T, error) {
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

// callLines sends a request and decodes the answer line by line. The last line may
// be a Failure.
func callLines[T any](ctx context.Context, c *Client, method, path string, query url.Values, each func(T) error) error {
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

// maxFailure bounds the bytes read of an error answer.
const maxFailure = 64 << 10

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
	text, err := io.ReadAll(io.LimitReader(response.Body, maxFailure))
	if err != nil || json.Unmarshal(text, &refused.Failure) != nil || refused.Description == "" {
		refused.Description = "there is no operator API at " + c.URL
	}
	return nil, refused
}
