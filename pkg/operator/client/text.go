package client

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// plain is a text of the platform's as a terminal and a table bear it: quoted
// where it holds anything but visible characters.
func plain(text string) string {
	if text == "" {
		return "-"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

// ageText is a span of time in its two greatest units.
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

// A writer prints records.
type writer struct{ out *tabwriter.Writer }

func newWriter(out io.Writer) *writer {
	return &writer{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
}

// row prints a line of cells.
func (w *writer) row(cells ...string) {
	_, _ = fmt.Fprintln(w.out, strings.Join(cells, "\t")) // Flush has the error
}

// field prints a name and its value, where there is one.
func (w *writer) field(name, value string) {
	if value != "" {
		w.row("  "+name, value)
	}
}

func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.field(name, timeText(t))
	}
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// record prints all of a record.
func (w *writer) record(r *operator.Record) {
	if r.BindingID != "" {
		w.row("binding " + plain(r.BindingID))
	} else {
		w.row("instance " + plain(r.InstanceID))
	}
	w.field("state", stateText(r.State, r.SetAside))
	w.field("unreadable", r.Unreadable)
	w.field("service", r.Offering)
	w.field("plan", planText(r.Have))
	if r.Want != nil && (r.Have == nil || *r.Want != *r.Have) {
		w.field("wanted plan", planText(r.Want))
	}
	w.field("goal", r.Goal)
	w.field("platform", r.Platform)
	w.field("namespace", r.Namespace)
	w.field("organization", r.Organization)
	w.field("account", r.Account)
	w.field("region", r.Region)
	w.field("incarnation", r.Incarnation)
	w.field("predecessor", r.Predecessor)
	w.time("created", r.Created)
	w.time("deleted", r.Deleted)
	w.time("expires", r.Expires)
	w.time("renew before", r.Renew)
	for _, name := range slices.Sorted(maps.Keys(r.Facts)) {
		w.field("fact "+name, plainOrNone(r.Facts[name]))
	}
	if r.Operation != nil {
		w.operation("operation", r.Operation)
	}
	w.work(r)
	for i := range r.Results {
		if op := &r.Results[i]; r.Operation == nil || op.ID != r.Operation.ID {
			w.operation("earlier operation", op)
		}
	}
	if len(r.History) > 0 {
		w.row("  history")
		for _, e := range r.History {
			w.event(e)
		}
	}
	for _, life := range r.Earlier {
		w.field("earlier life", life.Incarnation+", deleted "+timeText(life.Deleted))
	}
}

// work prints what is open of the operation.
func (w *writer) work(r *operator.Record) {
	if c := r.Call; c != nil {
		w.field("open call", fmt.Sprintf("%s, given up at %s", c.Step, timeText(c.Until)))
	}
	w.field("begun steps", strings.Join(r.Begun, ", "))
	w.field("refused steps", strings.Join(r.Refused, ", "))
	for _, step := range slices.Sorted(maps.Keys(r.Unsettled)) {
		w.field("unknown outcome", fmt.Sprintf("%s, may have its effect until %s", step, timeText(r.Unsettled[step])))
	}
	w.time("lost and made again", r.Repeated)
	w.time("made and unseen", r.Unseen)
	w.time("missing since", r.MissingSince)
}

func (w *writer) operation(name string, op *operator.Operation) {
	w.field(name, op.Kind+" "+op.State+", id "+op.ID)
	w.time("  started", op.Started)
	w.time("  finished", op.Finished)
	if op.Finished.IsZero() {
		w.field("  step", op.Step)
		w.time("  deadline", op.Deadline)
	}
	if op.Attempt > 0 {
		w.field("  failed tries", strconv.Itoa(op.Attempt))
	}
	w.time("  next try", op.NextTry)
	w.field("  told", plainOrNone(op.Description))
	w.field("  cause", plainOrNone(op.Cause))
	w.field("  kind of cause", op.CauseKind)
}

func plainOrNone(text string) string {
	if text == "" {
		return ""
	}
	return plain(text)
}

func (w *writer) event(e operator.Event) {
	what := e.What
	if e.Kind != "" {
		what += " (" + e.Kind + ")"
	}
	if e.Attempt > 0 {
		what += fmt.Sprintf(", failed tries before: %d", e.Attempt)
	}
	w.row("    "+timeText(e.Time), strings.TrimSpace(e.Op+" "+e.Step), what)
}

func planText(p *operator.Plan) string {
	if p == nil {
		return ""
	}
	return p.Name + " (" + p.ID + ")"
}
