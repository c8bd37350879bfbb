// Package proxies_test holds the broker's calls to the cloud against an HTTP proxy with
// a password. net/http reads the environment once, so each test runs its calls in a
// process of its own.
package proxies_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

const (
	proxyUser     = "bank"
	proxyPassword = "p@ss/word-of-the-proxy"
)

// A world is an emulated cloud behind a proxy that leads to it alone.
type world struct {
	*testing.T

	cloud *emulator.Server
	proxy *proxy
	ca    string // file
	// the key of a user, since an account's own may not assume roles
	id, secret string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, cloud: emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) {
		c.TLSListen, c.Regions = "127.0.0.1:0", vpc.DefaultRegions("cn-shenzhen-finance-1")
	}))}
	at, err := url.Parse(w.cloud.TLSURL())
	if err != nil {
		t.Fatal(err)
	}
	w.proxy = newProxy(t, at.Host)
	w.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(w.ca, w.cloud.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.id, w.secret, err = w.cloud.RAM().AddUser("administrator", "AdministratorAccess"); err != nil {
		t.Fatal(err)
	}
	return w
}

// run makes the calls of a child in a process with a proxy, and returns its output.
func (w *world) run(child, proxy string, environment ...string) (output string) {
	w.Helper()
	command := exec.CommandContext(w.Context(), os.Args[0], "-test.run=^"+child+"$", "-test.v")
	command.Env = append(os.Environ(), "PROXIES_CHILD="+child, "HTTPS_PROXY="+proxy, "SSL_CERT_FILE="+w.ca,
		"CHILD_KEY_ID="+w.id, "CHILD_KEY_SECRET="+w.secret, "CHILD_ACCOUNT="+w.cloud.AccountID(), "CHILD_DIR="+w.TempDir())
	command.Env = append(command.Env, environment...)
	text, err := command.CombinedOutput()
	if err != nil {
		w.Errorf("the calls failed: %v\n%s", err, text)
	}
	for _, form := range []string{proxyPassword, url.QueryEscape(proxyPassword), url.PathEscape(proxyPassword)} {
		if strings.Contains(string(text), form) {
			w.Errorf("the password of the proxy is in the output:\n%s", text)
		}
	}
	return string(text)
}

func withPassword(address, password string) string {
	return (&url.URL{Scheme: "http", User: url.UserPassword(proxyUser, password), Host: address}).String()
}

// Every kind of call goes through the proxy, to the host of the real service; the
// bucket of the machine's region to the internal one.
func TestProxy_EveryKindOfCall_GoesThroughIt(t *testing.T) {
	w := newWorld(t)
	w.run("TestProxyChild_EveryCall_Succeeds", withPassword(w.proxy.address, proxyPassword))
	hosts := w.proxy.hosts()
	for _, want := range []string{
		"sts.aliyuncs.com:443", "rds.aliyuncs.com:443", "vpc.aliyuncs.com:443", "ram.aliyuncs.com:443",
		".oss-cn-hangzhou-internal.aliyuncs.com:443", ".oss-us-west-1.aliyuncs.com:443", ".oss-cn-szfinance.aliyuncs.com:443", "oss-cn-hangzhou-internal.aliyuncs.com:443",
	} {
		if !slices.ContainsFunc(hosts, func(host string) bool {
			return host == want || strings.HasPrefix(want, ".") && strings.HasSuffix(host, want)
		}) {
			t.Errorf("nothing went through the proxy to %s, only to %v", want, hosts)
		}
	}
	for _, host := range hosts {
		if strings.HasPrefix(host, "100.100.100.200") || strings.HasSuffix(host, ".oss-cn-hangzhou.aliyuncs.com:443") {
			t.Errorf("%s was called through the proxy", host)
		}
	}
	for _, action := range []string{"GetCallerIdentity", "AssumeRole", "AssumeRoleWithOIDC", "DescribeDBInstances", "DescribeVpcs", "ListUsers", "oss:PutBucket", "oss:DeleteBucket"} {
		if len(w.cloud.Calls(action)) == 0 {
			t.Errorf("%s never arrived", action)
		}
	}
	if refused := w.proxy.refusals(); refused > 0 {
		t.Errorf("%d calls came without the proxy's password", refused)
	}
}

// A proxy that refuses, is away, or is no URL fails the call, and no error tells its
// password; hosts of NO_PROXY are called directly.
func TestProxy_Unusable_TellsNoPassword(t *testing.T) {
	w := newWorld(t)
	for name, proxy := range map[string]string{
		"WrongPassword": withPassword(w.proxy.address, proxyPassword+"-old"),
		"Away":          withPassword("127.0.0.1:1", proxyPassword),
		"NoURL":         "http://" + proxyUser + ":" + proxyPassword + "@a b:3128",
		"":              withPassword(w.proxy.address, proxyPassword),
	} {
		w.run("TestProxyChild_ProxyUnusable_Fails", proxy, "NO_PROXY=.example.invalid", "CHILD_STS_FAILS="+name)
	}
	if hosts := w.proxy.hosts(); !slices.Equal(hosts, []string{"sts.example.test:443"}) {
		t.Errorf("calls to %v went through the proxy, want the one outside of NO_PROXY", hosts)
	}
}
