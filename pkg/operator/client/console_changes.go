package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// Retry triggers an attempt now for every unfinished record of an instance.
func (c *Console) Retry(ctx context.Context, instanceID string) error {
	tried, err := c.Client.Retry(ctx, instanceID)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(tried)
	}
	for _, name := range tried.Records {
		if _, err := fmt.Fprintf(c.Out, "%s is tried again\n", nameText(name)); err != nil {
			return err
		}
	}
	return nil
}

func nameText(n operator.Name) string {
	text := "instance " + plain(n.InstanceID)
	if n.BindingID != "" {
		text += " binding " + plain(n.BindingID)
	}
	return text
}

// Purge drops the records of an instance and its bindings, or of one binding,
// and prints which cloud resources may be left.
func (c *Console) Purge(ctx context.Context, instanceID, bindingID string, force bool) error {
	purged, err := c.Client.Purge(ctx, instanceID, bindingID, force)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(purged)
	}
	t := newTable(c.Out)
	for i := range purged.Records {
		left := &purged.Records[i]
		t.row("purged " + nameText(left.Name))
		if left.Unreadable {
			t.field("unreadable", "the names of its resources are unknown")
		}
		t.field("provider", left.Provider)
		t.field("profile", left.Profile)
		t.field("account", left.Account)
		t.field("region", left.Region)
		t.field("incarnation", left.Incarnation)
		for _, fact := range slices.Sorted(maps.Keys(left.Facts)) {
			t.field("fact "+fact, plainOrEmpty(left.Facts[fact]))
		}
	}
	t.row(purged.Description)
	return t.flush()
}

// Accept prints the records of an instance that were changed outside of the
// broker. With the digest of one of them, it makes this one authentic as it is
// stored.
func (c *Console) Accept(ctx context.Context, instanceID, digest string) error {
	if digest != "" {
		accepted, err := c.Client.Accept(ctx, instanceID, digest)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printObject(accepted)
		}
		t := newTable(c.Out)
		t.row("accepted")
		t.altered(&accepted)
		return t.flush()
	}
	found, err := c.Client.Altered(ctx, instanceID)
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printObject(found)
	}
	t := newTable(c.Out)
	for i := range found.Records {
		r := &found.Records[i]
		t.altered(r)
		t.row("nothing was changed; to accept it as it is: instances accept --confirm " + r.Digest + " -- " + plain(instanceID))
	}
	if len(found.Records) == 0 {
		t.row("every record of instance " + plain(instanceID) + " is as the broker wrote it")
	}
	return t.flush()
}

// altered adds a record with its digest.
func (t *table) altered(r *operator.AlteredRecord) {
	t.record(&r.Record)
	t.field("digest", r.Digest)
	t.field("secrets that do not open", strings.Join(r.Unopened, ", "))
}
