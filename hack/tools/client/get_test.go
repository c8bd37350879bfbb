package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGet_Answers_AreOneALine(t *testing.T) {
	connections := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		w.Header().Set("Content-Type", "text/plain")
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write([]byte("a\n\"b\""))
	}))
	defer server.Close()
	const line = `{"status":200,"type":"text/plain","body":"a\n\"b\""}` + "\n"
	out, err := call(t, nil, "", "get", server.URL+"/1", server.URL+"/2")
	if out != line+line || err != nil {
		t.Errorf("get of two = %q, %v", out, err)
	}
	if len(connections) != 2 {
		t.Errorf("two requests were made on %d connections", len(connections))
	}
	const refused = `{"status":403,"type":"text/plain","body":"a\n\"b\""}` + "\n"
	if out, err := call(t, nil, "", "get", server.URL+"/no", server.URL+"/1"); out != refused || err == nil {
		t.Errorf("get of what is refused = %q, %v", out, err)
	}
	if _, err := call(t, nil, "", "get"); !errors.Is(err, errUsage) {
		t.Errorf("get of nothing: %v", err)
	}
}
