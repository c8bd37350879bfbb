package broker

// Stop ends a term that was never run, for tests that drive it turn by turn.
func (t *Term) Stop() {
	t.queue.ShutDown()
	t.end(t)
}
