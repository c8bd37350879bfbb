package providers

import "context"

// Compose returns a provider of two parts: instance gets the tasks of instances,
// binding the tasks of bindings. binding is a binding kind, such as a RAM user with
// a key (package ramuser) or a database account (package dbaccount). As finds the
// abilities of the parts.
func Compose(instance, binding Provider) Provider {
	return composed{Instance: instance, Binding: binding}
}

// composed holds the part for each kind of task.
type composed map[Kind]Provider

func (c composed) Prepare(t Task) (Plan, error) { return c[t.Kind].Prepare(t) }

func (c composed) Observe(ctx context.Context, t Task) (Seen, error) {
	return c[t.Kind].Observe(ctx, t)
}

func (c composed) Next(t Task, seen Seen) Step { return c[t.Kind].Next(t, seen) }

func (c composed) Do(ctx context.Context, t Task, s Step) (Facts, error) {
	return c[t.Kind].Do(ctx, t, s)
}
