package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// HARD-04, CT-04.
func TestRoutes_UnknownPathOrMethod_GetsJSON(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-04", "CT-01", "CT-04")
	h := start(t, nil)
	for _, path := range []string{"/", "/v2", "/v2/", "/v2/catalog//", "/v3/catalog", "/v2//catalog", instancePath + "/", instancePath + "/other", "/metrics", "/readyz", "/healthz/", instancePath + "/other/b1", instancePath + "/other/b1/last_operation", bindingPath + "/last_operation/x"} {
		h.send(t, "GET", path, "").wantError(t, http.StatusNotFound)
	}
	for path, allow := range map[string]string{
		"/v2/catalog":                    "GET",
		instancePath:                     "DELETE, GET, PATCH, PUT",
		instancePath + "/last_operation": "GET",
		bindingPath:                      "DELETE, GET, PUT",
		bindingPath + "/last_operation":  "GET",
	} {
		got := h.send(t, "POST", path, "", without(versionHeader))
		got.wantError(t, http.StatusMethodNotAllowed)
		if got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow = %q, want %q", path, got.header.Get("Allow"), allow)
		}
	}
}

// Cloud Controller appends paths to the URL that it was given, slash or not. An
// empty id stays an error.
func TestRoutes_SlashesAround_AreIgnored(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, request := range requests() {
		for _, before := range []string{"/", "//"} {
			if got := h.send(t, request.method, before+request.path, request.body); got.status != http.StatusOK {
				t.Errorf("%s%s: status %d", before, request.path, got.status)
			}
		}
	}
	if got := h.send(t, "GET", "//v2/catalog/", ""); got.status != http.StatusOK {
		t.Errorf("a slash after the catalog: status %d", got.status)
	}
	h.send(t, "PUT", "//v2/service_instances/", "{}").wantError(t, http.StatusBadRequest)
	h.send(t, "PUT", "//v2/service_instances//service_bindings/b1", "{}").wantError(t, http.StatusBadRequest)
}

// HARD-08: Cloud Foundry and load balancers probe the port that platforms use.
func TestRoutes_Healthz_NeedsNoCredentials(t *testing.T) {
	t.Parallel()
	h := start(t, failing(errors.New("the broker was reached")))
	for _, method := range []string{"GET", "HEAD"} {
		if got := h.send(t, method, "/healthz", "", without("Authorization"), without(versionHeader)); got.status != http.StatusOK {
			t.Errorf("%s: status %d", method, got.status)
		}
	}
	h.send(t, "PUT", "/healthz", "", without("Authorization")).wantError(t, http.StatusUnauthorized)
	if lines := h.log(); strings.Count(lines, "\n") > 0 {
		t.Errorf("probes were logged: %s", lines)
	}
}
