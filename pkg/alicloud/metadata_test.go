package alicloud

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// olderMetadata is a metadata service with an answer of its own to the PUT of a
// token, which reads without a token may use.
func olderMetadata(t *testing.T, put http.HandlerFunc, values map[string]string) *front {
	t.Helper()
	return newFront(t, func(w http.ResponseWriter, r *http.Request) {
		value, ok := values[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]
		switch {
		case r.Method == http.MethodPut:
			put(w, r)
		case r.Header.Get("X-aliyun-ecs-metadata-token") != "":
			w.WriteHeader(http.StatusUnauthorized) // it knows no tokens
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		default:
			fmt.Fprint(w, value)
		}
	})
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// Whatever becomes of the PUT, official SDKs then read without a token.
func TestMetadata_TokenIsRefused_ReadsWithoutOne(t *testing.T) {
	values := map[string]string{
		"region-id":                         "cn-hangzhou",
		"ram/security-credentials/the-role": `{"Code":"Success",` + sessionKey + `}`,
	}
	for name, put := range map[string]http.HandlerFunc{
		"Missing": status(404), "Forbidden": status(403), "Method": status(405), "Broken": status(500),
		"Lost":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"Useless": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a token that counts for nothing") },
	} {
		t.Run(name, func(t *testing.T) {
			f := olderMetadata(t, put, values)
			m := NewMetadata(f.endpoint(t))
			for range 2 {
				if region, err := m.Region(t.Context()); err != nil || region != "cn-hangzhou" {
					t.Errorf("region %q, %v", region, err)
				}
			}
			mustKey(t, ECSRole(m, "the-role"), Key{ID: "STS.id", Secret: "role-secret", Token: "role-token"})
			if _, err := m.Zone(t.Context()); !errors.Is(err, providers.ErrNotFound) {
				t.Errorf("a missing value: %v", err)
			}
			if puts := f.count(http.MethodPut); name != "Useless" && name != "Lost" && puts != 1 {
				t.Errorf("a token was asked for %d times", puts)
			}
			strict := NewMetadata(f.endpoint(t)).RequireToken()
			before := f.count(http.MethodGet)
			if region, err := strict.Region(t.Context()); err == nil {
				t.Errorf("region %q where a token is required", region)
			}
			if reads := f.count(http.MethodGet) - before; name != "Useless" && reads > 0 {
				t.Errorf("%d reads without a token", reads)
			}
		})
	}
}

// A machine without the service is told apart at once: no second request waits for
// its time-out.
func TestMetadata_NoService_IsAskedOnce(t *testing.T) {
	f := olderMetadata(t, status(404), nil)
	m := NewMetadata(f.endpoint(t))
	f.Close()
	_, err := m.Region(t.Context())
	if e, ok := asError(err); !ok || e.Action != "PUT token" {
		t.Errorf("err = %v, want that of the PUT", err)
	}
}

// count returns the number of requests of a method.
func (f *front) count(method string) int {
	n := 0
	for _, r := range f.seen() {
		if r.method == method {
			n++
		}
	}
	return n
}
