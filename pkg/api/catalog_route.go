package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// serveCatalog answers GET /v2/catalog (CAT-01, CAT-06, CAT-07) with a document
// that the Broker rendered once. ETag and body come from one response, so that
// they belong together while the catalog is replaced.
func (h *Handler) serveCatalog(w http.ResponseWriter, r *http.Request, x *exchange) {
	catalog := h.library.broker.GetCatalog(r.Context(), osb.CatalogRequest{Caller: osb.Caller{Minor: x.minor, RequestID: x.requestID}})
	header := w.Header()
	header["Etag"] = []string{catalog.ETag}
	header["Last-Modified"] = []string{catalog.Modified.UTC().Format(http.TimeFormat)}
	header["Vary"] = []string{versionHeader}
	if hasCurrent(r, catalog) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header["Content-Type"] = []string{"application/json"}
	header["Content-Length"] = []string{strconv.Itoa(len(catalog.Body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(catalog.Body) // fails only if the client is gone
}

// hasCurrent reports whether the client has this very catalog (RFC 9110, sections
// 13.1.2 and 13.1.3: If-None-Match, and only without it If-Modified-Since).
func hasCurrent(r *http.Request, catalog osb.CatalogResponse) bool {
	if tags := r.Header.Values("If-None-Match"); len(tags) > 0 {
		current := opaque(catalog.ETag)
		for tag := range strings.SplitSeq(strings.Join(tags, ","), ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || opaque(tag) == current {
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
	return err == nil && !since.Before(catalog.Modified)
}

// opaque returns the part of an ETag that weak comparison is about (RFC 9110,
// section 8.8.3.2), without the suffix that proxies append when they compress an
// answer ("-gzip" by Apache's httpd, "--gzip" by Jetty).
func opaque(tag string) string {
	tag = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(tag, "W/"), `"`), `"`)
	return strings.TrimSuffix(strings.TrimSuffix(tag, "-gzip"), "-")
}
