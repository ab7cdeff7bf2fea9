package parallel

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Barrier holds goroutines until all have come, again and again. It waits awake for some time before it sleeps: it
// is for steps of microseconds by no more goroutines than there are cores.
type Barrier struct {
	n     int32
	came  atomic.Int32
	round atomic.Uint32
	lost  atomic.Int64
	next  sync.Cond
	broke bool // under next.L
}

// NewBarrier makes a barrier for n goroutines.
func NewBarrier(n int) *Barrier {
	return &Barrier{n: int32(n), next: sync.Cond{L: new(sync.Mutex)}}
}

// Wait returns once all goroutines have called it. What each did before is seen by all after.
func (b *Barrier) Wait() {
	round := b.round.Load()
	if b.came.Add(1) == b.n {
		b.came.Store(0)
		b.next.L.Lock()
		b.round.Add(1)
		b.next.L.Unlock()
		b.next.Broadcast()
		return
	}
	if b.passed(round) {
		return
	}
	start := time.Now()
	defer func() { b.lost.Add(int64(time.Since(start))) }()
	for time.Since(start) < 100*time.Microsecond { // longer than it takes to wake
		if b.passed(round) {
			return
		}
	}
	b.next.L.Lock()
	defer b.next.L.Unlock()
	for b.round.Load() == round {
		if b.broke {
			panic("another goroutine will not come to the barrier")
		}
		b.next.Wait()
	}
}

// Break makes those panic that wait, or will: for a goroutine that does not come any more.
func (b *Barrier) Break() {
	b.next.L.Lock()
	defer b.next.L.Unlock()
	b.broke = true
	b.next.Broadcast()
}

// passed looks for about a microsecond whether the round is over.
func (b *Barrier) passed(round uint32) bool {
	for range 1000 {
		if b.round.Load() != round {
			return true
		}
	}
	return false
}

// Lost is the time that goroutines have spent in waits of more than a microsecond: where it is much, others have
// the cores.
func (b *Barrier) Lost() time.Duration { return time.Duration(b.lost.Load()) }
