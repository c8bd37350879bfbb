package oss

import (
	"cmp"
	"strconv"
	"strings"
)

// A span is a part of an object; to is exclusive.
type span struct{ from, to int }

// contentRange is the header Content-Range of a span.
func (s span) contentRange(size int) string {
	return "bytes " + strconv.Itoa(s.from) + "-" + strconv.Itoa(s.to-1) + "/" + strconv.Itoa(size)
}

// parseRange reads the first of the ranges in a header Range (A206). ok is false where
// OSS sends the whole object: for a malformed range and, unless standard is set, for
// one that reaches beyond the object (A069). With standard the part of the object is
// sent, and a range without any is refused, as is bytes=-0 in any case.
func parseRange(given string, size int, standard bool) (s span, ok bool, refused *apiError) {
	given, known := strings.CutPrefix(given, "bytes=")
	given, _, _ = strings.Cut(given, ",")
	first, last, found := strings.Cut(strings.TrimSpace(given), "-")
	from, errFirst := strconv.ParseUint(first, 10, 63)
	to, errLast := strconv.ParseUint(last, 10, 63)
	end := uint64(size) //nolint:gosec // a length
	beyond := to >= end
	switch {
	case !known || !found || first != "" && errFirst != nil || last != "" && errLast != nil || first == "" && last == "" ||
		first != "" && last != "" && to < from:
		return span{}, false, nil //nolint:nilerr // a malformed range is no error
	case first == "" && to == 0:
		return span{}, false, invalidRange(size)
	case first == "": // the last bytes
		from, beyond = end-min(to, end), to > end
		to = end - 1
	case last == "":
		to, beyond = end-1, from >= end
	}
	switch {
	case beyond && !standard:
		return span{}, false, nil
	case from >= end:
		return span{}, false, invalidRange(size)
	}
	return span{int(from), int(min(to, end-1)) + 1}, true, nil
}

// checkTrafficLimit checks the speed that a request asks for, in bits per second (OSS
// documentation, "Single-connection bandwidth throttling"). The emulator does not slow down.
func (r *request) checkTrafficLimit() *apiError {
	const name = "x-oss-traffic-limit"
	given := cmp.Or(r.Header.Get(name), r.query.Get(name))
	if n, err := strconv.Atoi(given); given != "" && (err != nil || n < 245760 || n > 838860800) {
		return invalid(name, given, "The traffic limit must be between 245760 and 838860800.")
	}
	return nil
}

func invalidRange(size int) *apiError {
	return errorf("InvalidRange", "The requested range cannot be satisfied.").with("ActualObjectSize", strconv.Itoa(size))
}
