package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// ListKeys prints the sealing keys and how many records need each.
func (c *Console) ListKeys(ctx context.Context) error {
	list, err := c.Client.Keys(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(list)
	}
	t := newTable(c.Out)
	t.row("ID", "USE", "KNOWN", "RECORDS")
	for i := range list.Keys {
		key := &list.Keys[i]
		t.row(strconv.FormatUint(uint64(key.ID), 10), keyUseText(key), ageText(c.Now.Sub(key.Known)), strconv.Itoa(key.Records))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if list.Unknown > 0 {
		if _, err := fmt.Fprintf(c.Out, "the key of %d records is unknown\n", list.Unknown); err != nil {
			return err
		}
	}
	if err := c.printBoxes(&list); err != nil {
		return err
	}
	if list.Problem != "" {
		return errors.New("the broker uses the keys above, but its keyset is unreadable now; repair it before a restart: " + list.Problem)
	}
	return nil
}

// printBoxes prints which records are not authenticated.
func (c *Console) printBoxes(list *operator.KeyList) error {
	var lines []string
	switch {
	case list.Boxless > 0:
		lines = append(lines, fmt.Sprintf("%d records have no box and are accepted as they are: run reseal once every replica is of this version", list.Boxless))
	case !list.BoxesRequired:
		lines = append(lines, "a record without a box would be accepted as it is: run reseal once every replica is of this version")
	}
	for _, r := range list.FirstAltered {
		lines = append(lines, "refused "+nameText(r.Name)+": "+plain(r.Why))
	}
	if list.Altered > 0 {
		lines = append(lines, fmt.Sprintf("%d records were changed outside of the broker: find out by whom, then see instances accept ID", list.Altered))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(c.Out, line); err != nil {
			return err
		}
	}
	return nil
}

func keyUseText(key *operator.KeyUse) string {
	switch {
	case key.Primary:
		return "seals and opens"
	case key.Status != "enabled":
		return key.Status
	}
	return "opens"
}

// AddKey adds a sealing key and prints its id.
func (c *Console) AddKey(ctx context.Context) error {
	key, err := c.Client.AddKey(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(key)
	}
	_, err = fmt.Fprintf(c.Out, "key %d opens; it seals after its promotion\n", key.ID)
	return err
}

// PromoteKey makes a key the one that seals.
func (c *Console) PromoteKey(ctx context.Context, id uint32) error {
	if err := c.Client.PromoteKey(ctx, id); err != nil {
		return err
	}
	return c.printKey(id, "seals from now on")
}

// DropKey removes an unused key.
func (c *Console) DropKey(ctx context.Context, id uint32) error {
	if err := c.Client.DropKey(ctx, id); err != nil {
		return err
	}
	return c.printKey(id, "is dropped")
}

// printKey prints a key's id and its change.
func (c *Console) printKey(id uint32, change string) error {
	if c.JSON {
		return c.printObject(struct {
			ID uint32 `json:"id"`
		}{id})
	}
	_, err := fmt.Fprintf(c.Out, "key %d %s\n", id, change)
	return err
}

// Reseal seals all records with the primary key and prints the progress. It
// fails if records were left.
func (c *Console) Reseal(ctx context.Context) error {
	var last operator.Progress
	err := c.Client.Reseal(ctx, func(p operator.Progress) error {
		last = p
		if c.JSON {
			return c.printLine(p)
		}
		_, err := fmt.Fprintf(c.Out, "looked at %d records, resealed %d\n", p.Records, p.Resealed.Resealed)
		return err
	})
	if err != nil {
		return err
	}
	for _, left := range last.Left {
		if c.JSON {
			break
		}
		if _, err := fmt.Fprintf(c.Out, "left %s: %s\n", nameText(left.Name), left.Why); err != nil {
			return err
		}
	}
	if last.Failed > 0 {
		return fmt.Errorf("%d records keep their old key: solve their errors and reseal again", last.Failed)
	}
	if !c.JSON {
		_, err = fmt.Fprintln(c.Out, "every record has a box, and the broker refuses a record without")
		return err
	}
	return nil
}
