package api

import (
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// HARD-04, CT-04.
func TestRoutes_UnknownPathOrMethod_GetsJSON(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-04", "CT-01", "CT-04")
	h := start(t, nil)
	for _, path := range []string{"/", "/v2", "/v2/", "/v2/catalog/", "/v3/catalog", "/v2//catalog", instancePath + "/", instancePath + "/other", "/metrics", "/healthz", instancePath + "/other/b1", instancePath + "/other/b1/last_operation", bindingPath + "/last_operation/x"} {
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
