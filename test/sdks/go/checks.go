package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strings"
)

// checks runs scenarios and reports them.
type checks struct {
	address, keyID, keySecret, name string
	protocol                        string // HTTP or HTTPS
	plain, control                  string // over TLS: the address without TLS, and the URL that moves the clock

	out    io.Writer
	failed bool
}

// A failure ends a scenario.
type failure struct{ reason string }

// run runs one scenario and prints its line.
func (c *checks) run(name string, scenario func()) {
	defer func() {
		if reason := recover(); reason != nil {
			c.failed = true
			if f, ok := reason.(failure); ok {
				fmt.Fprintln(c.out, f.reason)
			} else {
				fmt.Fprintf(c.out, "%v\n", reason)
			}
			fmt.Fprintln(c.out, "at", place())
			fmt.Fprintln(c.out, "FAILED", name)
		}
	}()
	scenario()
	fmt.Fprintln(c.out, "ok", name)
}

// place is the line of the scenario that has panicked.
func place() string {
	for line := range strings.Lines(string(debug.Stack())) {
		if strings.Contains(line, ".go:") && strings.Contains(line, "sdks/go/") && !strings.Contains(line, "/checks.go:") {
			file, _, _ := strings.Cut(strings.TrimSpace(line), " +")
			return filepath.Base(file)
		}
	}
	return "an unknown place"
}

// fail ends the scenario.
func fail(format string, args ...any) {
	panic(failure{fmt.Sprintf(format, args...)})
}

// must ends the scenario where err is an error.
func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

// got returns the value of a call that must succeed.
func got[T any](value T, err error) T {
	must(err)
	return value
}

// equal ends the scenario where a value differs from the one wanted.
func equal[T any](what string, have, want T) {
	if !reflect.DeepEqual(have, want) {
		fail("%s is %+v, and %+v is due", what, have, want)
	}
}

// holds ends the scenario where a condition is false.
func holds(what string, condition bool) {
	if !condition {
		fail("%s: does not hold", what)
	}
}

// endpoint is the endpoint of OSS in the region of the checks. Clients reach it
// by the emulator as their HTTP proxy, and so with the hosts of the cloud.
const (
	region   = "cn-hangzhou"
	endpoint = "http://oss-cn-hangzhou.aliyuncs.com"
)

// proxy is the emulator as an HTTP proxy.
func (c *checks) proxy() string { return "http://" + c.address }

// browser sends a request without a signature, by the proxy: a signed URL, or a
// page's script.
func (c *checks) browser(method, address string, header http.Header, body []byte) (*http.Response, []byte) {
	request := got(http.NewRequest(method, address, bytes.NewReader(body)))
	for name, values := range header {
		request.Header[name] = values
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(got(url.Parse(c.proxy()))), DisableKeepAlives: true}}
	response := got(client.Do(request))
	defer response.Body.Close()
	return response, got(io.ReadAll(response.Body))
}
