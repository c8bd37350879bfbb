package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A platform makes requests to a release as Service Catalog would, by the
// address of its service and with keep-alive, and knows its password.
type platform struct {
	url    string
	client *http.Client

	mu             sync.Mutex
	user, password string
}

const (
	ossService = "oss-997b8372-8dac-40ac-ae65-758b4a502222"
	ossPlan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221"
)

// platform trusts the authority of the release's broker object.
func (r *release) platform(t *testing.T) *platform {
	t.Helper()
	login, authority := r.secret(t, r.name+"-auth"), r.secret(t, r.name+"-ca")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(authority["ca.crt"])) {
		t.Fatal("the authority's Secret has no certificate")
	}
	address := net.JoinHostPort(kubectl(t, "-n", r.namespace, "get", "service", r.name, "-o", "jsonpath={.spec.clusterIP}"), "443")
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	p := &platform{
		url:    fmt.Sprintf("https://%s.%s.svc", r.name, r.namespace),
		client: &http.Client{Transport: transport, Timeout: time.Minute},
		user:   login["username"], password: login["password"],
	}
	until(t, 30*time.Second, "the service leads to the broker", func() (bool, string) { // nodes hear of it by and by
		status, _, err := p.osb("GET", "catalog", "")
		return status == http.StatusOK, fmt.Sprint(status, err)
	})
	return p
}

// as is the platform with another password.
func (p *platform) as(password string) *platform {
	return &platform{url: p.url, client: p.client, user: p.user, password: password}
}

// to is the platform on the way to one pod, past the service.
func (p *platform) to(t *testing.T, pod podObject) *platform {
	t.Helper()
	transport, ok := p.client.Transport.(*http.Transport)
	if !ok {
		t.Fatal("another transport")
	}
	transport = transport.Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(pod.Status.PodIP, "8005"))
	}
	transport.DisableKeepAlives = true
	return &platform{url: p.url, client: &http.Client{Transport: transport, Timeout: time.Minute}, user: p.user, password: p.password}
}

// change writes another password into the platform's Secret.
func (p *platform) change(password string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.password = password
}

// osb makes a request and returns the status, 0 on a connection error.
func (p *platform) osb(method, path, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(context.Background(), method, p.url+"/v2/"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Broker-API-Version", "2.14")
	p.mu.Lock()
	request.SetBasicAuth(p.user, p.password)
	p.mu.Unlock()
	response, err := p.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

const (
	ossBody  = `{"service_id": "` + ossService + `", "plan_id": "` + ossPlan + `", "organization_guid": "o", "space_guid": "s", "context": {"platform": "kubernetes", "namespace": "n", "clusterid": "c"}}`
	ossQuery = "service_id=" + ossService + "&plan_id=" + ossPlan
)

// Traffic is requests at a steady pace, each of which must succeed.
type traffic struct {
	platform *platform
	name     string
	done     chan struct{}
	requests sync.WaitGroup

	mu     sync.Mutex
	count  int
	failed []string
}

// traffic makes an instance with a binding, and then five requests a second:
// for the catalog, for these two, for the same binding again, and for a bucket
// of their own which lives shortly.
func (p *platform) traffic(t *testing.T, name string) *traffic {
	t.Helper()
	f := &traffic{platform: p, name: name, done: make(chan struct{})}
	f.want("PUT", "service_instances/"+name+"?accepts_incomplete=true", ossBody, 201)
	f.want("PUT", "service_instances/"+name+"/service_bindings/b", ossBody, 201)
	if len(f.failed) > 0 {
		t.Fatal(f.failed)
	}
	f.requests.Go(func() {
		ticks := time.NewTicker(200 * time.Millisecond)
		defer ticks.Stop()
		for i := 0; ; i++ {
			select {
			case <-f.done:
				return
			case <-ticks.C:
				f.requests.Go(func() { f.request(i) })
			}
		}
	})
	return f
}

// request is the i-th one: each sort takes its turn.
func (f *traffic) request(i int) {
	life := fmt.Sprintf("service_instances/%s-%d", f.name, i-i%5)
	switch i % 5 {
	case 0:
		f.want("PUT", life+"?accepts_incomplete=true", ossBody, 201)
		f.want("DELETE", life+"?accepts_incomplete=true&"+ossQuery, "", 200)
	case 1:
		f.want("GET", "catalog", "", 200)
	case 2:
		f.want("GET", "service_instances/"+f.name+"/last_operation?"+ossQuery, "", 200)
	case 3:
		f.want("GET", "service_instances/"+f.name+"/service_bindings/b", "", 200)
	case 4:
		f.want("PUT", "service_instances/"+f.name+"/service_bindings/b", ossBody, 200)
	}
}

// want counts a request. A platform that asks for something is content with 202
// too: it asks again later.
func (f *traffic) want(method, path, body string, want int) {
	began := time.Now()
	status, answer, err := f.platform.osb(method, path, body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if err == nil && (status == want || status == http.StatusAccepted && strings.Contains(path, "accepts_incomplete")) {
		return
	}
	if len(answer) > 300 {
		answer = answer[:300]
	}
	f.failed = append(f.failed, fmt.Sprintf("%s %s %s after %s: %d %v %s", began.Format(time.TimeOnly), method, path, time.Since(began).Round(time.Millisecond), status, err, answer))
}

// end stops the requests and removes their instances.
func (f *traffic) end(t *testing.T) {
	t.Helper()
	close(f.done)
	f.requests.Wait()
	f.want("DELETE", "service_instances/"+f.name+"/service_bindings/b?"+ossQuery, "", 200)
	f.want("DELETE", "service_instances/"+f.name+"?accepts_incomplete=true&"+ossQuery, "", 200)
	t.Logf("%d requests of %s, %d failed", f.count, f.name, len(f.failed))
	if len(f.failed) > 0 {
		t.Errorf("requests of %s failed:\n%s", f.name, strings.Join(f.failed, "\n"))
	}
}
