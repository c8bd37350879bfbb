package providers

import "context"

// Compose returns the provider whose instances instance makes, and whose
// bindings binding makes. binding is a binding kind: a value with the methods of
// a provider that only gets tasks of bindings, such as a RAM user with a key
// (package ramuser) or a database account (package dbaccount). As finds the
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
