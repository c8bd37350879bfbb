package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func smallCatalog() osb.Catalog {
	return osb.Catalog{Services: []osb.Service{{ID: "s", Name: "service", Description: "a < b", Plans: []osb.Plan{{ID: "p", Name: "plan", Description: "plan"}}}}}
}

// CAT-01, CAT-02.
func TestTheCatalogIsServed(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CAT-01", "CAT-02")
	h := start(t, nil, func(c *Config) { c.Catalog = smallCatalog() })
	got := h.send(t, "GET", "/v2/catalog", "")
	want := `{"services":[{"id":"s","name":"service","description":"a < b","bindable":false,"plan_updateable":false,` +
		`"plans":[{"id":"p","name":"plan","description":"plan","free":false,"bindable":false,"plan_updateable":false}]}]}`
	if got.status != 200 || strings.TrimSpace(string(got.body)) != want || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d, %v, body %s", got.status, got.header, got.body)
	}
	empty := start(t, nil).send(t, "GET", "/v2/catalog", "")
	if strings.TrimSpace(string(empty.body)) != `{"services":[]}` {
		t.Errorf("an empty catalog is %s", empty.body)
	}
}

// CAT-06, CAT-07.
func TestTheCatalogIsNotSentTwice(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CAT-06", "CAT-07")
	made := time.Date(2026, 11, 21, 8, 0, 0, 500, time.UTC)
	h := start(t, nil, func(c *Config) {
		c.Catalog = smallCatalog()
		c.Now = func() time.Time { return made }
	})
	first := h.send(t, "GET", "/v2/catalog", "")
	etag := first.header.Get("ETag")
	if etag == "" || first.header.Get("Last-Modified") != "Sat, 21 Nov 2026 08:00:00 GMT" {
		t.Fatalf("header %v", first.header)
	}
	const match, since = "If-None-Match", "If-Modified-Since"
	cases := map[string]struct {
		headers map[string]string
		status  int
	}{
		"the tag":                       {map[string]string{match: etag}, 304},
		"the tag, weak":                 {map[string]string{match: "W/" + etag}, 304},
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
	other := smallCatalog()
	other.Services[0].Description = "changed"
	changed := start(t, nil, func(c *Config) { c.Catalog = other }).send(t, "GET", "/v2/catalog", "", with(match, etag))
	if changed.status != 200 || changed.header.Get("ETag") == etag {
		t.Errorf("a changed catalog: status %d, ETag %s", changed.status, changed.header.Get("ETag"))
	}
}

func TestOlderPlatformsReadACatalogWithoutWhatIsNew(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "VER-05", "CAT-36")
	catalog := smallCatalog()
	catalog.Services[0].Plans[0].BindingRotatable = true
	h := start(t, nil, func(c *Config) { c.Catalog = catalog })
	tags := map[string]bool{}
	for version, want := range map[string]bool{"2.13": false, "2.16": false, "2.17": true, "2.18": true} {
		got := h.send(t, "GET", "/v2/catalog", "", with(versionHeader, version))
		if strings.Contains(string(got.body), "binding_rotatable") != want {
			t.Errorf("%s reads %s", version, got.body)
		}
		tags[got.header.Get("ETag")] = true
		if again := h.send(t, "GET", "/v2/catalog", "", with(versionHeader, version), with("If-None-Match", got.header.Get("ETag"))); again.status != 304 {
			t.Errorf("%s with its own tag got %d", version, again.status)
		}
	}
	if len(tags) != 2 {
		t.Errorf("the two catalogs have the tags %v", tags)
	}
}
