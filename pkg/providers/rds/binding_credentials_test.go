package rds_test

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// SSL and the public endpoint that the cloud tells of an instance are in the credentials
// of bindings made from then on, and leave them with the option.
func TestBinding_SSLAndPublicEndpoint_AreInCredentials(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.openInstance(`{"SSL":"Enabled","PublicEndpoint":true}`)
	p.done(i)
	given := p.done(p.binding(i, 2, ``)).Credentials
	if given["sslmode"] != "require" || given["ca"] != "" || !strings.Contains(given["jdbcUrl"], "&sslMode=REQUIRED") {
		t.Errorf("sslmode %q, ca %q", given["sslmode"], given["ca"])
	}
	if given["public_host"] == "" || given["public_host"] == given["host"] || !strings.Contains(given["public_uri"], "@"+given["public_host"]+":"+given["public_port"]+"/") {
		t.Errorf("public endpoint %q, port %q", given["public_host"], given["public_port"])
	}
	p.update(i, `{"SSL":"Disabled","PublicEndpoint":false}`)
	p.done(i)
	for name := range p.done(p.binding(i, 3, ``)).Credentials {
		if strings.HasPrefix(name, "public_") || name == "sslmode" {
			t.Errorf("without the options there is %s", name)
		}
	}
}
