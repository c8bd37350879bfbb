package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

const (
	identityHeader = "X-Broker-Api-Originating-Identity"
	// nobody is a well-formed identity for osb-broker-lib, which refuses to
	// poll bindings without one and logs what it cannot read.
	nobody = "none e30="
)

// identityOf reads who caused the request (OID-01). One that is malformed
// counts as not told, on every route (OID-02, OID-03): a request must not fail
// for it, and its text is personal data that no log should have.
func identityOf(r *http.Request) osb.Identity {
	fields := strings.Fields(r.Header.Get(identityHeader))
	if len(fields) != 2 {
		return osb.Identity{}
	}
	value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(fields[1], "="))
	if err != nil {
		return osb.Identity{}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil || members == nil {
		return osb.Identity{}
	}
	return osb.Identity{Platform: fields[0], Value: value}
}
