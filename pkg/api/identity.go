package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

const identityHeader = "X-Broker-Api-Originating-Identity"

// identityOf reads the user behind a request (OID-01). On every route a
// malformed identity counts as absent (OID-02, OID-03): the request is served,
// and the text, which is personal data, stays out of the log.
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
