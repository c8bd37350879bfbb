package engine

import "sync"

// sparesPerWorker bounds the spare workers, for each worker of the configuration.
// One tenant uses half of the pool at most (tenantShares).
const sparesPerWorker = 7

// A workerPool runs the workers of a term. It adds a spare worker for each slow
// call, so that a hanging service delays only its own records.
type workerPool struct {
	mu      sync.Mutex
	start   func() // starts a worker; nil before the pool runs
	most    int
	spares  int
	surplus int // workers to end, because slow calls have returned
}

// grow starts n workers.
func (p *workerPool) grow(n int, start func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start, p.most = start, n*sparesPerWorker
	for range n {
		start()
	}
}

// addSpare starts a spare worker, if there may be one more. The caller is a worker
// of the pool with a slow call, and calls the returned function when its call has
// returned.
func (p *workerPool) addSpare() (returned func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start == nil || p.spares >= p.most {
		return nil, false
	}
	p.spares++
	p.start()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.spares--
		p.surplus++
	}, true
}

// endSurplus reports whether the calling worker is surplus and must end.
func (p *workerPool) endSurplus() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.surplus == 0 {
		return false
	}
	p.surplus--
	return true
}
