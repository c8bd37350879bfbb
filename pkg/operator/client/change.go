package client

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

func retry(ctx context.Context, c *call) error {
	tried, err := c.client.Retry(ctx, c.args[0])
	if err != nil {
		return err
	}
	if c.json {
		return c.object(tried)
	}
	for _, name := range tried.Records {
		if _, err := fmt.Fprintf(c.out, "%s is tried again\n", nameText(name)); err != nil {
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

func purgeFlags(fs *flag.FlagSet, c *call) {
	fs.StringVar(&c.binding, "binding", "", "`id` of the one binding to let go of, instead of the instance with its bindings")
	fs.StringVar(&c.confirm, "confirm", "", "the `id` of what is let go of, once more (required)")
	fs.BoolVar(&c.force, "force", false, "also what is not being deleted")
}

func purge(ctx context.Context, c *call) error {
	id := c.args[0]
	if c.binding != "" {
		id = c.binding
	}
	if c.confirm != id {
		return usageError("what exists in the cloud stays when its record is purged, and nobody will know of it: if that is what you want add --confirm with the id %s", plain(id))
	}
	purged, err := c.client.Purge(ctx, c.args[0], c.binding, c.force)
	if err != nil {
		return err
	}
	if c.json {
		return c.object(purged)
	}
	w := newWriter(c.out)
	for i := range purged.Records {
		left := &purged.Records[i]
		w.row("purged " + nameText(left.Name))
		if left.Unreadable {
			w.field("unreadable", "nobody knows what it names")
		}
		w.field("provider", left.Provider)
		w.field("account", left.Account)
		w.field("region", left.Region)
		w.field("incarnation", left.Incarnation)
		for _, fact := range slices.Sorted(maps.Keys(left.Facts)) {
			w.field("fact "+fact, plainOrNone(left.Facts[fact]))
		}
	}
	w.row(purged.Description)
	return w.out.Flush()
}
