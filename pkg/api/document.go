package api

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A document is an answer that does not change while the process lives: the
// catalog, ready to send.
type document struct {
	body         []byte
	etag         string
	lastModified time.Time
	header       http.Header // of the answer, with the body's own
	before217    *document   // for platforms of earlier versions
}

// newCatalog makes the catalog for platforms of 2.17, and one without what
// that version added for earlier ones: they may ignore it, and not all do
// (VER-05).
func newCatalog(catalog osb.Catalog, now time.Time) (*document, error) {
	d, err := newDocument(catalog, now)
	if err != nil {
		return nil, err
	}
	earlier := osb.Catalog{Services: slices.Clone(catalog.Services)}
	for i := range earlier.Services {
		plans := slices.Clone(earlier.Services[i].Plans)
		for j := range plans {
			plans[j].BindingRotatable = false
		}
		earlier.Services[i].Plans = plans
	}
	d.before217, err = newDocument(earlier, now)
	return d, err
}

func newDocument(catalog osb.Catalog, now time.Time) (*document, error) {
	if catalog.Services == nil {
		catalog.Services = []osb.Service{} // CAT-02
	}
	body, err := encode(catalog)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	modified := now.UTC().Truncate(time.Second)
	d := &document{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`, lastModified: modified}
	d.header = http.Header{
		"Etag":           {d.etag},
		"Last-Modified":  {modified.Format(http.TimeFormat)},
		"Vary":           {versionHeader},
		"Content-Type":   {"application/json"},
		"Content-Length": {strconv.Itoa(len(body))},
	}
	return d, nil
}

// serve answers GET /v2/catalog (CAT-01, CAT-06, CAT-07).
func (d *document) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	if x.minor < 17 {
		d = d.before217
	}
	header := w.Header()
	maps.Copy(header, d.header)
	if d.known(r) {
		header.Del("Content-Type")
		header.Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(d.body) // a failure is the client's: it has gone
}

// known reports whether the client has this very document (RFC 9110, sections
// 13.1.2 and 13.1.3: If-None-Match, and only without it If-Modified-Since).
func (d *document) known(r *http.Request) bool {
	if tags := r.Header.Values("If-None-Match"); len(tags) > 0 {
		for tag := range strings.SplitSeq(strings.Join(tags, ","), ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == d.etag {
				return true
			}
		}
		return false
	}
	text := r.Header.Get("If-Modified-Since")
	if text == "" {
		return false
	}
	since, err := http.ParseTime(text)
	return err == nil && !since.Before(d.lastModified)
}
