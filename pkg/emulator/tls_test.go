package emulator_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/endpoints"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

func withTLS(c *emulator.Config) { c.TLSListen = "127.0.0.1:0" }

// trusting is a transport that trusts the emulator's CA, and finds every name
// at the emulator; the SDK dials by itself, and needs the address.
func trusting(t *testing.T, srv *emulator.Server) *http.Transport {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(srv.CA()) {
		t.Fatalf("the CA is no certificate: %q", srv.CA())
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(srv.TLSURL(), "https://"))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func identity(t *testing.T, srv *emulator.Server, scheme, domain string, transport *http.Transport) error {
	t.Helper()
	config := sdk.NewConfig().WithScheme(scheme)
	if transport != nil {
		config = config.WithHttpTransport(transport)
	}
	c, err := sts.NewClientWithOptions("cn-hangzhou", config, credentials.NewAccessKeyCredential(srv.AccessKey().ID, srv.AccessKey().Secret))
	if err != nil {
		t.Fatal(err)
	}
	request := sts.CreateGetCallerIdentityRequest()
	request.Scheme, request.Domain = scheme, domain
	_, err = c.GetCallerIdentity(request)
	return err
}

func TestHTTPS_AnyServerName_TrustedByItsCA(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withTLS))
	at, err := url.Parse(srv.TLSURL())
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range []string{at.Host, "localhost:" + at.Port()} {
		if err := identity(t, srv, "HTTPS", domain, trusting(t, srv)); err != nil {
			t.Errorf("the SDK at %s: %v", domain, err)
		}
	}
	for _, name := range []string{"sts.aliyuncs.com", "bucket.oss-cn-hangzhou.aliyuncs.com", "[::1]"} {
		response, err := (&http.Client{Transport: trusting(t, srv)}).Get("https://" + name + "/")
		if name == "[::1]" { // the certificate of an address is for the one that was dialled
			if err == nil {
				t.Errorf("%s: a certificate of another address was taken", name)
			}
			continue
		}
		if err != nil || response.Body.Close() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = (&http.Client{Transport: &http.Transport{}}).Get(srv.TLSURL())
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		t.Errorf("a client without the CA got %v", err)
	}
}

func TestStrictTLS_PlainHTTP_RefusedForRAMAndSTS(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withTLS), emulatortest.WithConfig(func(c *emulator.Config) { c.StrictTLS = true }))
	err := identity(t, srv, "HTTP", srv.Addr(), nil)
	var refused *sdkerrors.ServerError
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidProtocol.NeedSsl" {
		t.Errorf("over plain HTTP: %v", err)
	}
	if err := identity(t, srv, "HTTPS", strings.TrimPrefix(srv.TLSURL(), "https://"), trusting(t, srv)); err != nil {
		t.Errorf("over HTTPS: %v", err)
	}
	if _, err := rdsClient(t, srv).CreateDBInstance(createRequest()); err != nil {
		t.Errorf("RDS over plain HTTP: %v", err)
	}
}

func TestCA_WithoutHTTPS_IsNil(t *testing.T) {
	srv := emulatortest.New(t)
	if srv.TLSURL() != "" || srv.CA() != nil || srv.MetadataURL() != "" {
		t.Errorf("HTTPS at %q, metadata at %q, CA %q", srv.TLSURL(), srv.MetadataURL(), srv.CA())
	}
}

func TestMetadataListen_OwnPort_ServesMetadata(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.MetadataListen, c.MetadataV1 = "127.0.0.1:0", true }))
	if status := send(t, http.MethodGet, srv.MetadataURL()+"/latest/meta-data/region-id", "", nil); status != 200 {
		t.Errorf("metadata: %d", status)
	}
	if status := send(t, http.MethodGet, srv.MetadataURL()+"/?Action=DescribeRegions", "", nil); status != 404 {
		t.Errorf("RPC on the port of the metadata: %d", status)
	}
}

func TestLocation_SDK_FindsTheEmulator(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withTLS))
	client, err := sdk.NewClientWithOptions("cn-hangzhou", sdk.NewConfig().WithScheme("HTTPS").WithHttpTransport(trusting(t, srv)),
		credentials.NewAccessKeyCredential(srv.AccessKey().ID, srv.AccessKey().Secret))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(srv.TLSURL(), "https://") // in place of location-readonly.aliyuncs.com
	resolve := func(service string) (string, bool, error) {
		resolver := endpoints.LocationResolver{}
		return resolver.TryResolve(&endpoints.ResolveParam{
			Product: service, RegionId: "cn-hangzhou", LocationProduct: service, LocationEndpointType: "openAPI",
			CommonApi: func(request *requests.CommonRequest) (*responses.CommonResponse, error) {
				request.Domain = at
				return client.ProcessCommonRequest(request)
			},
		})
	}
	if endpoint, ok, err := resolve("rds"); err != nil || !ok || endpoint != at {
		t.Errorf("RDS is at %q, %v, %v: want %s", endpoint, ok, err, at)
	}
	if endpoint, ok, err := resolve("nothing"); err != nil || ok {
		t.Errorf("an unknown product is at %q, %v, %v", endpoint, ok, err)
	}
	request := requests.NewCommonRequest()
	request.Method, request.Scheme, request.Domain, request.Version, request.ApiName = "GET", "HTTPS", at, "2015-06-12", "DescribeEndpoints"
	request.QueryParams = map[string]string{"Id": "cn-nowhere", "ServiceCode": "rds", "Type": "openAPI"}
	_, err = client.ProcessCommonRequest(request)
	var refused *sdkerrors.ServerError
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidRegionId" {
		t.Errorf("an unknown region: %v", err)
	}
}

func TestUnknown_RepeatedCall_ReportedOnce(t *testing.T) {
	var reported []string
	srv := emulatortest.New(t, emulatortest.AllowUnknown(), emulatortest.WithConfig(func(c *emulator.Config) {
		c.Unknown = func(call string) { reported = append(reported, call) }
	}))
	client, err := sdk.NewClientWithOptions("cn-hangzhou", sdk.NewConfig(), credentials.NewAccessKeyCredential(srv.AccessKey().ID, srv.AccessKey().Secret))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		request := requests.NewCommonRequest()
		request.Method, request.Scheme, request.Domain, request.Version, request.ApiName = "POST", "HTTP", srv.Addr(), "2014-08-15", "ReadMinds"
		if _, err := client.ProcessCommonRequest(request); err == nil {
			t.Error("an action that does not exist was answered")
		}
	}
	if diff := cmp.Diff([]string{"Rds:ReadMinds"}, reported); diff != "" || !slices.Equal(srv.Unknown(), reported) {
		t.Errorf("reported (-want, +got):\n%s", diff)
	}
}
