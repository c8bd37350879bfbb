package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Do sends a request as the first user, with X-Broker-API-Version 2.17 and,
// with a body, Content-Type application/json. Headers replace these; an empty
// value removes one. A connection error fails the test and has status 0.
func (s *Stack) Do(method, path, body string, headers http.Header) (int, http.Header, []byte) {
	s.t.Helper()
	status, header, answer, err := s.Send(s.t.Context(), method, path, body, headers)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	return status, header, answer
}

// Send is Do for tests that expect crashes.
func (s *Stack) Send(ctx context.Context, method, path, body string, headers http.Header) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.SetBasicAuth(User, Password)
	request.Header.Set("X-Broker-API-Version", "2.17")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range headers {
		name = http.CanonicalHeaderKey(name)
		if request.Header[name] = values; len(values) == 0 || values[0] == "" {
			delete(request.Header, name)
		}
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	return response.StatusCode, response.Header, answer, nil
}
