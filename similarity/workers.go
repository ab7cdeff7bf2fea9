package similarity

import (
	"context"
	"sync"
	"sync/atomic"
)

// each calls f for 0..n-1 from several goroutines, each index once, and hands out no more when
// the context ends. Every index handed out is worked on, or a turnstile would wait for it.
func each(ctx context.Context, workers, n int, f func(i int)) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range max(1, min(workers, n)) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// A turnstile lets pieces of work through in the order of their numbers, so that sums are added
// in one order for any number of workers.
type turnstile struct {
	mu   sync.Mutex
	cond *sync.Cond
	next int
}

func newTurnstile() *turnstile {
	t := &turnstile{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

// pass waits for all numbers below i, then calls f alone.
func (t *turnstile) pass(i int, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.next < i {
		t.cond.Wait()
	}
	f()
	t.next++
	t.cond.Broadcast()
}
