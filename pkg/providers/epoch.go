package providers

import "context"

// epochKey is the key of an epoch in a context.
type epochKey struct{}

// WithEpoch returns a context for calls of a term, the time in which one process
// runs the operations. Answers that were read in another term are older than calls
// of other processes.
func WithEpoch(ctx context.Context, epoch uint64) context.Context {
	return context.WithValue(ctx, epochKey{}, epoch)
}

// EpochOf returns the epoch of a context's term, or 0 for calls outside of a term.
func EpochOf(ctx context.Context) uint64 {
	epoch, _ := ctx.Value(epochKey{}).(uint64)
	return epoch
}
