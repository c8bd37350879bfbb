package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// An answer is the output of runGet for a request: one line of JSON.
type answer struct {
	Status int    `json:"status"`
	Type   string `json:"type"` // of the content, as the server says
	Body   string `json:"body"`
}

// runGet asks for each URL of its arguments, on a connection of its own, so
// that a service with several endpoints chooses each time. It ends with the
// first status other than 200.
func runGet(ctx context.Context, urls []string, e env) error {
	if len(urls) == 0 {
		return fmt.Errorf("%w: client get URL, or several", errUsage)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, url := range urls {
		a, err := get(ctx, client, url)
		if err != nil {
			return err
		}
		line, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(e.out, string(line)); err != nil {
			return err
		}
		if a.Status != http.StatusOK {
			return fmt.Errorf("GET %s: status %d", url, a.Status)
		}
	}
	return nil
}

func get(ctx context.Context, client *http.Client, url string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) //nolint:gosec // the caller names the URL
	if err != nil {
		return answer{}, err
	}
	response, err := client.Do(request) //nolint:gosec // the caller names the URL
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("GET %s: %w", url, err)
	}
	return answer{Status: response.StatusCode, Type: response.Header.Get("Content-Type"), Body: string(body)}, nil
}
