package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

func listKeys(ctx context.Context, c *call) error {
	list, err := c.client.Keys(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.object(list)
	}
	w := newWriter(c.out)
	w.row("ID", "USE", "KNOWN", "RECORDS")
	for _, key := range list.Keys {
		use := "opens"
		switch {
		case key.Primary:
			use = "seals and opens"
		case key.Status != "enabled":
			use = key.Status
		}
		w.row(strconv.FormatUint(uint64(key.ID), 10), use, ageText(c.now.Sub(key.Known)), strconv.Itoa(key.Records))
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if list.Unknown > 0 {
		_, err = fmt.Fprintf(c.out, "of %d records it is not known what sealed them\n", list.Unknown)
	}
	if list.Problem != "" && err == nil {
		return errors.New("these keys are in use, and the keyset cannot be read: " + list.Problem)
	}
	return err
}

func addKey(ctx context.Context, c *call) error {
	key, err := c.client.AddKey(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.object(key)
	}
	_, err = fmt.Fprintf(c.out, "key %d opens, and does not seal before it is promoted\n", key.ID)
	return err
}

// withKey does something with the key of the arguments.
func (c *call) withKey(did string, do func(id uint32) error) error {
	id, err := strconv.ParseUint(c.args[0], 10, 32)
	if err != nil {
		return usageError("%q is not the id of a key, which is a number", c.args[0])
	}
	if err := do(uint32(id)); err != nil {
		return err
	}
	if c.json {
		return c.object(struct {
			ID uint64 `json:"id"`
		}{id})
	}
	_, err = fmt.Fprintf(c.out, "key %d %s\n", id, did)
	return err
}

func promoteKey(ctx context.Context, c *call) error {
	return c.withKey("seals from now on", func(id uint32) error { return c.client.PromoteKey(ctx, id) })
}

func dropKey(ctx context.Context, c *call) error {
	return c.withKey("is dropped", func(id uint32) error { return c.client.DropKey(ctx, id) })
}

// reseal tells how far it is; it fails where records were left.
func reseal(ctx context.Context, c *call) error {
	var last operator.Progress
	err := c.client.Reseal(ctx, func(p operator.Progress) error {
		last = p
		if c.json {
			return encode(c.out, "", p)
		}
		_, err := fmt.Fprintf(c.out, "looked at %d records, resealed %d\n", p.Records, p.Resealed.Resealed)
		return err
	})
	if err != nil {
		return err
	}
	for _, left := range last.Left {
		if c.json {
			break
		}
		if _, err := fmt.Fprintf(c.out, "left %s: %s\n", nameText(left.Name), left.Why); err != nil {
			return err
		}
	}
	if last.Failed > 0 {
		return fmt.Errorf("%d records were left as they were", last.Failed)
	}
	return nil
}
