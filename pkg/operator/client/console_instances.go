package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// ListInstances prints one line for each instance: text in the order of ids,
// JSON in the order of the answer.
func (c *Console) ListInstances(ctx context.Context, f Filter) error {
	if c.JSON {
		return c.Client.List(ctx, f, func(l operator.Line) error { return c.printLine(l) })
	}
	var found []operator.Line
	if err := c.Client.List(ctx, f, func(l operator.Line) error {
		found = append(found, l)
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b operator.Line) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
	// A broker with one profile has no column for it.
	profiles := slices.ContainsFunc(found, func(l operator.Line) bool { return l.Profile != "" })
	row := func(profile string, cells ...string) []string {
		if profiles {
			cells = slices.Insert(cells, profileColumn, profile)
		}
		return cells
	}
	t := newTable(c.Out)
	t.row(row("PROFILE", "ID", "BINDINGS", "SERVICE", "PLAN", "STATE", "OPERATION", "AGE")...)
	for i := range found {
		l := &found[i]
		t.row(row(plain(cmp.Or(l.Profile, "default")), plain(l.InstanceID), strconv.Itoa(l.Bindings), plain(l.Offering), plain(l.Plan),
			lineStateText(l), operationText(l.Operation), c.age(l))...)
	}
	return t.flush()
}

// profileColumn is the place of the profile in the list, after the plan.
const profileColumn = 4

// age returns the age of the running operation, or else of the instance.
func (c *Console) age(l *operator.Line) string {
	since := l.Created
	if l.Operation != nil && l.Operation.Finished.IsZero() {
		since = l.Operation.Started
	}
	if since.IsZero() {
		return "-"
	}
	return ageText(c.Now.Sub(since))
}

// ShowInstance prints an instance and its bindings; deleted bindings too where
// deleted is set.
func (c *Console) ShowInstance(ctx context.Context, instanceID string, deleted bool) error {
	instance, err := c.Client.Show(ctx, instanceID, deleted)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(instance)
	}
	t := newTable(c.Out)
	t.record(&instance.Record)
	for i := range instance.Bindings {
		t.row("")
		t.record(&instance.Bindings[i])
	}
	return t.flush()
}

// ErrExist is the error of CheckNone while instances or bindings exist.
var ErrExist = errors.New("something exists")

// existError names the instances that exist; it is an ErrExist.
type existError string

// Error names the instances that exist, and the way to delete them.
func (e existError) Error() string { return string(e) }

// Is reports that the error is an ErrExist.
func (e existError) Is(target error) bool { return target == ErrExist }

// CheckNone returns an ErrExist while an instance or binding exists, or may exist,
// in the cloud.
func (c *Console) CheckNone(ctx context.Context) error {
	counts, err := c.Client.Counts(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := c.printObject(counts); err != nil {
			return err
		}
	}
	if counts.Instances+counts.Bindings+counts.Unreadable > 0 {
		return existError(countsText(&counts) + "; delete them through their platform first")
	}
	if c.JSON {
		return nil
	}
	_, err = fmt.Fprintln(c.Out, "nothing exists")
	return err
}

func countsText(counts *operator.Counts) string {
	text := fmt.Sprintf("%d instances and %d bindings exist", counts.Instances, counts.Bindings)
	if counts.Unreadable > 0 {
		text += fmt.Sprintf(", and %d records are unreadable", counts.Unreadable)
	}
	if len(counts.First) > 0 {
		quoted := make([]string, 0, len(counts.First))
		for _, id := range counts.First {
			quoted = append(quoted, strconv.Quote(id))
		}
		text += ": " + strings.Join(quoted, ", ")
	}
	if len(counts.First) < counts.Instances {
		text += ", ..."
	}
	return text
}
