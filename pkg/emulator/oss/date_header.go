package oss

import (
	"net/http"
	"time"
)

// A day of one digit is RFC 1123's own form, and that of the Java clients
// (DateTimeFormatter.RFC_1123_DATE_TIME); HTTP writes two.
const shortDay = "Mon, 2 Jan 2006 15:04:05 GMT"

// parseDate reads a time of a header in any form of HTTP, and with days of one digit
// (A215).
func parseDate(text string) (time.Time, error) {
	at, err := http.ParseTime(text)
	if err != nil {
		return time.Parse(shortDay, text)
	}
	return at, nil
}
