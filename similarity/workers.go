package similarity

import (
	"context"
	"sync"

	"github.com/stratascope/stratascope/internal/parallel"
)

// each calls f for 0..n-1 from several goroutines, each index once, and hands out no more when
// the context ends. Every index handed out is worked on, or a turnstile would wait for it.
func each(ctx context.Context, workers, n int, f func(i int)) error {
	return parallel.Each(ctx, workers, n, func(_ context.Context, i int) error { f(i); return nil })
}

// A turnstile lets pieces of work through in the order of their numbers, so that sums are added
// in one order for any number of workers.
type turnstile struct {
	mu     sync.Mutex
	cond   *sync.Cond
	next   int
	broken bool // by a panic: nobody waits any more
}

func newTurnstile() *turnstile {
	t := &turnstile{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

// pass calls work, waits for all numbers below i, then calls then alone.
func (t *turnstile) pass(i int, work, then func()) {
	through := false
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.broken = t.broken || !through
		t.cond.Broadcast()
	}()
	work()
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.next < i && !t.broken {
		t.cond.Wait()
	}
	if !t.broken {
		then()
		t.next++
	}
	through = true
}
