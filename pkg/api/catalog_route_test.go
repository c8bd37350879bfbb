package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// rendered is a catalog as the Broker returns it.
func rendered(body, etag string, modified time.Time) osb.CatalogResponse {
	return osb.CatalogResponse{Body: []byte(body), ETag: etag, Modified: modified}
}

const smallCatalog = `{"services":[{"id":"s","description":"a < b"}]}`

// CAT-01, CAT-02.
func TestCatalogRoute_RenderedCatalog_IsSentByteForByte(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CAT-01", "CAT-02")
	h := start(t, nil)
	for _, body := range []string{smallCatalog, `{"services":[]}`} {
		h.catalog = func(osb.CatalogRequest) osb.CatalogResponse { return rendered(body, `"tag"`, time.Now()) }
		got := h.send(t, "GET", "/v2/catalog", "")
		if got.status != 200 || string(got.body) != body || got.header.Get("Content-Type") != "application/json" || got.header.Get("Vary") == "" {
			t.Errorf("status %d, %v, body %s", got.status, got.header, got.body)
		}
	}
}

// CAT-06, CAT-07.
func TestCatalogRoute_CurrentCatalog_IsNotModified(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CAT-06", "CAT-07")
	made := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	const etag = `W/"0123"`
	h := start(t, nil)
	h.catalog = func(osb.CatalogRequest) osb.CatalogResponse { return rendered(smallCatalog, etag, made) }
	first := h.send(t, "GET", "/v2/catalog", "")
	if first.header.Get("ETag") != etag || first.header.Get("Last-Modified") != "Sat, 21 Nov 2026 08:00:00 GMT" {
		t.Fatalf("header %v", first.header)
	}
	const match, since = "If-None-Match", "If-Modified-Since"
	cases := map[string]struct {
		headers map[string]string
		status  int
	}{
		"the tag":                       {map[string]string{match: etag}, 304},
		"the tag, strong":               {map[string]string{match: `"0123"`}, 304},
		"the tag of Apache's httpd":     {map[string]string{match: `W/"0123-gzip"`}, 304},
		"the tag of Jetty":              {map[string]string{match: `"0123--gzip"`}, 304},
		"a longer tag":                  {map[string]string{match: `W/"0123-other"`}, 200},
		"the tag among others":          {map[string]string{match: `"other", ` + etag}, 304},
		"any tag":                       {map[string]string{match: "*"}, 304},
		"another tag":                   {map[string]string{match: `"other"`}, 200},
		"the time":                      {map[string]string{since: made.Format(http.TimeFormat)}, 304},
		"a later time":                  {map[string]string{since: made.Add(time.Hour).Format(http.TimeFormat)}, 304},
		"an earlier time":               {map[string]string{since: made.Add(-time.Hour).Format(http.TimeFormat)}, 200},
		"no time":                       {map[string]string{since: "yesterday"}, 200},
		"another tag and the same time": {map[string]string{match: `"other"`, since: made.Format(http.TimeFormat)}, 200},
		"nothing":                       {nil, 200},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var changes []func(*http.Request)
			for header, value := range tc.headers {
				changes = append(changes, with(header, value))
			}
			got := h.send(t, "GET", "/v2/catalog", "", changes...)
			if got.status != tc.status || got.header.Get("ETag") != etag {
				t.Errorf("status %d, ETag %s; want %d, %s", got.status, got.header.Get("ETag"), tc.status, etag)
			}
			if (tc.status == 304) != (len(got.body) == 0) {
				t.Errorf("status %d with the body %s", got.status, got.body)
			}
		})
	}
}

func TestCatalogRoute_ReplacedCatalog_IsSent(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	made := time.Now()
	h.catalog = func(osb.CatalogRequest) osb.CatalogResponse { return rendered(smallCatalog, `"0123"`, made) }
	first := h.send(t, "GET", "/v2/catalog", "")
	h.catalog = func(osb.CatalogRequest) osb.CatalogResponse { return rendered(smallCatalog+" ", `"4567"`, made) }
	changed := h.send(t, "GET", "/v2/catalog", "", with("If-None-Match", first.header.Get("ETag")))
	if changed.status != 200 || changed.header.Get("ETag") != `"4567"` || string(changed.body) != smallCatalog+" " {
		t.Errorf("a replaced catalog: status %d, ETag %s, body %s", changed.status, changed.header.Get("ETag"), changed.body)
	}
}

// VER-05: the Broker renders one catalog for each group of versions.
func TestCatalogRoute_OlderPlatform_GetsItsOwnCatalog(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "VER-05", "CAT-36")
	h := start(t, nil)
	h.catalog = func(r osb.CatalogRequest) osb.CatalogResponse {
		if r.Caller.Since(17) {
			return rendered(`{"services":["new"]}`, `"new"`, time.Now())
		}
		return rendered(`{"services":["old"]}`, `"old"`, time.Now())
	}
	for version, want := range map[string]string{"2.13": "old", "2.16": "old", "2.17": "new", "2.18": "new"} {
		got := h.send(t, "GET", "/v2/catalog", "", with(versionHeader, version))
		if !strings.Contains(string(got.body), want) || got.header.Get("ETag") != `"`+want+`"` {
			t.Errorf("%s reads %s with the tag %s", version, got.body, got.header.Get("ETag"))
		}
		if again := h.send(t, "GET", "/v2/catalog", "", with(versionHeader, version), with("If-None-Match", got.header.Get("ETag"))); again.status != 304 {
			t.Errorf("%s with its own tag got %d", version, again.status)
		}
	}
}
