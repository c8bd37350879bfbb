package client

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// A table prints rows of cells in aligned columns.
type table struct{ out *tabwriter.Writer }

func newTable(out io.Writer) *table {
	return &table{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
}

// row adds a row. Errors of the writer come from flush.
func (t *table) row(cells ...string) {
	_, _ = fmt.Fprintln(t.out, strings.Join(cells, "\t"))
}

// field adds a name and its value, unless the value is empty.
func (t *table) field(name, value string) {
	if value != "" {
		t.row("  "+name, value)
	}
}

// timeField adds a time, unless the time is zero.
func (t *table) timeField(name string, at time.Time) {
	if !at.IsZero() {
		t.field(name, timeText(at))
	}
}

func (t *table) flush() error { return t.out.Flush() }

// plain returns a platform's text in a form that is safe for a terminal: text
// with an invisible character is quoted, in case it moves the cursor.
func plain(text string) string {
	if text == "" {
		return "-"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// plainOrEmpty is plain, with an empty text left empty.
func plainOrEmpty(text string) string {
	if text == "" {
		return ""
	}
	return plain(text)
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ageText returns a duration in its two largest units.
func ageText(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}
