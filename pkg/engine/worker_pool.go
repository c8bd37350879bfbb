package engine

import "sync"

// sparesPerWorker bounds the spare workers, for each worker of the configuration.
const sparesPerWorker = 7

// A workerPool runs the workers of a term. A worker with a slow call gets a spare
// beside it, so that one hanging service delays no other.
type workerPool struct {
	mu      sync.Mutex
	start   func() // starts a worker; nil before the pool runs
	most    int
	spares  int
	surplus int // workers to end: their spares' callers work again
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

// addSpare starts a worker beside one with a slow call. The caller is a worker of
// the pool and calls the returned function when its call has returned.
func (p *workerPool) addSpare() (returned func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start == nil || p.spares >= p.most {
		return func() {}
	}
	p.spares++
	p.start()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.spares--
		p.surplus++
	}
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
