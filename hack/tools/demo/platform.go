package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	requestTime  = 70 * time.Second // more than the broker takes for a request
	betweenPolls = 500 * time.Millisecond
)

// A platform sends requests to the broker and shows them as curl commands.
type platform struct {
	url, user, password string
	limit               time.Duration // of an operation
	out                 io.Writer
}

// An answer is the broker's.
type answer struct {
	status int
	body   string
}

// field returns a member that is a string, or "".
func (a answer) field(name string) string {
	var members map[string]any
	if json.Unmarshal([]byte(a.body), &members) != nil {
		return ""
	}
	text, _ := members[name].(string) // "" for every other value
	return text
}

// is returns an error for a status outside the given ones. The body is in the
// error for failures only, since a success may hold credentials.
func (a answer) is(statuses ...int) error {
	switch {
	case slices.Contains(statuses, a.status):
		return nil
	case a.status >= http.StatusBadRequest:
		return fmt.Errorf("the answer is %d, want %v: %s", a.status, statuses, a.body)
	}
	return fmt.Errorf("the answer is %d, want %v", a.status, statuses)
}

func (p *platform) chapter(text string) { fmt.Fprintf(p.out, "\n== %s\n", text) }

func (p *platform) successf(format string, args ...any) {
	fmt.Fprintf(p.out, "   ok: "+format+"\n", args...)
}

func (p *platform) printAnswer(a answer) { fmt.Fprintf(p.out, "   %d %s\n", a.status, a.body) }

// request shows a request and sends it.
func (p *platform) request(ctx context.Context, method, path, body string) (answer, error) {
	fmt.Fprintf(p.out, "\n$ curl -X %s -u %s:*** -H \"X-Broker-API-Version: 2.17\" \"%s%s\"", method, p.user, p.url, path)
	if body != "" {
		fmt.Fprintf(p.out, " \\\n    -d '%s'", body)
	}
	fmt.Fprintln(p.out)
	return p.send(ctx, method, path, body)
}

func (p *platform) send(ctx context.Context, method, path, body string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.SetBasicAuth(p.user, p.password)
	request.Header.Set("X-Broker-Api-Version", "2.17")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("the broker does not answer; is make run running? %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, strings.TrimSpace(string(text))}, err
}

// do sends a request that must be answered with one of the statuses, shows the
// answer, and polls its operation to the end.
func (p *platform) do(ctx context.Context, method, path, query, body string, statuses ...int) error {
	a, err := p.request(ctx, method, path+query, body)
	if err == nil {
		err = a.is(statuses...)
	}
	if err != nil {
		return err
	}
	p.printAnswer(a)
	return p.finish(ctx, a, path, method == http.MethodDelete)
}

// finish polls the operation of an answer until it has succeeded. A deletion may
// also end with 410.
func (p *platform) finish(ctx context.Context, of answer, path string, deletion bool) error {
	if of.status != http.StatusAccepted {
		return nil
	}
	path += "/last_operation"
	if operation := of.field("operation"); operation != "" {
		path += "?operation=" + operation
	}
	a, err := p.request(ctx, http.MethodGet, path, "")
	for end := time.Now().Add(p.limit); ; {
		if err != nil {
			return err
		}
		if a.status == http.StatusGone && deletion || a.field("state") == "succeeded" {
			p.printAnswer(a)
			return nil
		}
		if err := a.is(http.StatusOK); err != nil {
			return err
		}
		if state := a.field("state"); state != "in progress" {
			return fmt.Errorf("the operation is %q: %s", state, a.body)
		}
		if time.Now().After(end) {
			return fmt.Errorf("the operation is in progress after %v: %s", p.limit, a.body)
		}
		if err := pause(ctx); err != nil {
			return err
		}
		a, err = p.send(ctx, http.MethodGet, path, "")
	}
}

// pause is the time between two looks.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(betweenPolls):
		return nil
	}
}
