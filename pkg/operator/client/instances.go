package client

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

func listFlags(fs *flag.FlagSet, c *call) {
	fs.BoolVar(&c.filter.Unfinished, "unfinished", false, "only those with something to do, or with a binding that has")
	fs.BoolVar(&c.filter.Failed, "failed", false, "only those whose last operation failed, or that of a binding")
	fs.BoolVar(&c.filter.Deleted, "deleted", false, "also those that were deleted and only answer late polls")
}

// list prints the instances by id; as JSON one a line, as they come.
func list(ctx context.Context, c *call) error {
	if c.json {
		return c.client.List(ctx, c.filter, c.line)
	}
	var found []operator.Line
	if err := c.client.List(ctx, c.filter, func(l operator.Line) error {
		found = append(found, l)
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b operator.Line) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
	w := newWriter(c.out)
	w.row("ID", "BINDINGS", "SERVICE", "PLAN", "STATE", "OPERATION", "AGE")
	for i := range found {
		l := &found[i]
		w.row(plain(l.InstanceID), strconv.Itoa(l.Bindings), plain(l.Offering), plain(l.Plan),
			lineText(l), operationText(l.Operation), c.age(l))
	}
	return w.out.Flush()
}

// stateText is the state, and what is wrong.
func stateText(state string, setAside bool) string {
	if setAside {
		state += ", set aside"
	}
	return state
}

// lineText is the state of an instance, and what is wrong with its bindings.
func lineText(l *operator.Line) string {
	text := stateText(l.State, l.SetAside)
	if l.Unreadable > 0 {
		text += fmt.Sprintf(", unreadable bindings: %d", l.Unreadable)
	}
	return text
}

// operationText is what the operation does, and how far it is.
func operationText(op *operator.Operation) string {
	if op == nil {
		return "-"
	}
	text := op.Kind + " " + op.State
	if op.Attempt == 0 || op.NextTry.IsZero() {
		return text
	}
	text += fmt.Sprintf(", try %d", op.Attempt+1)
	if op.CauseKind != "" {
		text += " (" + op.CauseKind + ")"
	}
	return text
}

// age is how long the operation has run, or since when the instance is there.
func (c *call) age(l *operator.Line) string {
	since := l.Created
	if l.Operation != nil && l.Operation.Finished.IsZero() {
		since = l.Operation.Started
	}
	if since.IsZero() {
		return "-"
	}
	return ageText(c.now.Sub(since))
}

func showFlags(fs *flag.FlagSet, c *call) {
	fs.BoolVar(&c.filter.Deleted, "deleted", false, "also bindings that were deleted and only answer late polls")
}

func show(ctx context.Context, c *call) error {
	told, err := c.client.Show(ctx, c.args[0], c.filter.Deleted)
	if err != nil {
		return err
	}
	if c.json {
		return c.object(told)
	}
	w := newWriter(c.out)
	w.record(&told.Record)
	for i := range told.Bindings {
		w.row("")
		w.record(&told.Bindings[i])
	}
	return w.out.Flush()
}

func noneFlags(fs *flag.FlagSet, c *call) {
	fs.StringVar(&c.hint, "hint", "", "a `sentence` to end with where that fails, or something exists")
}

// none exits with 0 only where nothing is left, or may be.
func none(ctx context.Context, c *call) error {
	err := ofNone(ctx, c)
	if err != nil && c.hint != "" {
		err = fmt.Errorf("%w. %s", err, c.hint)
	}
	return err
}

func ofNone(ctx context.Context, c *call) error {
	counts, err := c.client.Counts(ctx)
	if err != nil {
		return err
	}
	if c.json {
		if err := c.object(counts); err != nil {
			return err
		}
	}
	if counts.Instances+counts.Bindings+counts.Unreadable > 0 {
		text := fmt.Sprintf("%d instances and %d bindings exist", counts.Instances, counts.Bindings)
		if counts.Unreadable > 0 {
			text += fmt.Sprintf(", and %d records cannot be read", counts.Unreadable)
		}
		if len(counts.First) > 0 {
			text += ": " + strings.Join(quoted(counts.First), ", ")
		}
		if len(counts.First) < counts.Instances {
			text += ", ..."
		}
		return exitError{fmt.Errorf("%s; delete them by their platform first", text), codeSome}
	}
	if c.json {
		return nil
	}
	_, err = fmt.Fprintln(c.out, "nothing exists")
	return err
}

func quoted(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		out = append(out, strconv.Quote(text))
	}
	return out
}

// line prints an object as a line of JSON.
func (c *call) line(l operator.Line) error { return encode(c.out, "", l) }

// object prints an object as JSON for people.
func (c *call) object(o any) error { return encode(c.out, "  ", o) }

func encode(out io.Writer, indent string, o any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(o)
}
