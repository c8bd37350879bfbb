package rpc

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestGateway_UnknownNotFound_AnswersAreFinal(t *testing.T) {
	b := newBench(t)
	b.switches.Behave(func(to *Behaviour) { to.UnknownNotFound = true })
	for _, tc := range []struct {
		pairs  []string
		status int
		code   string
	}{
		{[]string{"Action", "Shout"}, 404, "InvalidAction.NotFound"},
		{[]string{"Version", "1999-01-01"}, 400, "InvalidVersion"},
		{[]string{"SignatureType", "BEARERTOKEN"}, 400, "NotImplemented.BEARERTOKEN"},
		{[]string{"Action", "Shout", "Signature", "AAAA"}, 400, "SignatureDoesNotMatch"},
		{nil, 200, ""},
	} {
		b.want(b.get(b.params(tc.pairs...)), tc.status, tc.code)
	}
	if diff := cmp.Diff([]string{"1999-01-01:Say", "Echo:BEARERTOKEN", "Echo:Shout"}, b.gateway.Unknown()); diff != "" {
		t.Errorf("unknown (-want, +got):\n%s", diff)
	}
}

func TestGateway_ActionInAnotherCase_IsTheSameAction(t *testing.T) {
	b := newBench(t)
	b.faults.Add(cloud.Fault{Action: "echo:Say", Code: "Throttling.User", Times: 1})
	b.want(b.get(b.params("Action", "sAY")), 400, "Throttling.User")
	b.want(b.get(b.params("Action", "say", "What", "forbidden")), 403, "Forbidden.RAM")
	b.want(b.get(b.params("Action", "SAY")), 200, "")
	for _, call := range b.journal.Calls("") {
		if call.Action != "Say" {
			t.Errorf("the journal has %q", call.Action)
		}
	}
	v := b.params("Action", "NOTHING", "Format", "XML")
	v.Set("Signature", sign("testsecret", stringToSign(http.MethodGet, v)))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/?"+v.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, body := b.send(request); !strings.Contains(body, "<NothingResponse>") {
		t.Errorf("the answer's root is spelt otherwise: %s", body)
	}
	if b.gateway.MayChange(request) {
		t.Error("an action that only reads counts as a change where its case differs")
	}
}
