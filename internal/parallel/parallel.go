// Package parallel starts goroutines and waits for them. A panic in any of them reaches the caller, where
// it can be recovered: in a goroutine of its own it would end the program. Nothing here knows what the work is.
package parallel

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Run calls work with 0 to n-1, each in a goroutine of its own, 0 in the caller's, and waits for all. Of several
// panics the caller gets that of the smallest number.
func Run(n int, work func(i int)) {
	if n <= 1 {
		work(0)
		return
	}
	faults := make([]any, n)
	guarded := func(i int) {
		defer func() { faults[i] = recover() }()
		work(i)
	}
	var wait sync.WaitGroup
	for i := 1; i < n; i++ {
		wait.Go(func() { guarded(i) })
	}
	guarded(0)
	wait.Wait()
	for _, fault := range faults {
		if fault != nil {
			panic(fault)
		}
	}
}

// Each calls f with 0 to n-1, each once and in this order, from at most workers goroutines, and waits for
// them. After an error, a panic or the end of ctx, f's context ends and no more numbers are handed out. The
// error is that of the smallest number that failed by itself, else that of ctx.
func Each(ctx context.Context, workers, n int, f func(ctx context.Context, i int) error) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var mu sync.Mutex
	first, failed := n, error(nil)
	fail := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if ended := inner.Err(); i < first && (ended == nil || !errors.Is(err, ended)) {
			first, failed = i, err
		}
		cancel(err)
	}
	Run(max(1, min(workers, n)), func(int) {
		whole := false
		defer func() {
			if !whole { // a panic is under way
				cancel(nil)
			}
		}()
		for inner.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				break
			}
			if err := f(inner, i); err != nil {
				fail(i, err)
			}
		}
		whole = true
	})
	if failed != nil {
		return failed
	}
	return context.Cause(ctx)
}
