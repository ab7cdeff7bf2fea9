package kernel

import "sync"

// Parallel splits [0, n) into at most workers contiguous chunks, calls f for each and waits for
// all. With one worker or one item it calls f itself, without a goroutine. A panic of f reaches the
// caller, that of the first chunk if several have one: in a goroutine of its own it would end the
// program, whatever the caller recovers.
func Parallel(workers, n int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	if workers > n {
		workers = n
	}
	if workers <= 1 {
		f(0, n)
		return
	}
	faults := make([]any, workers)
	part := func(i int) {
		defer func() { faults[i] = recover() }()
		f(n*i/workers, n*(i+1)/workers)
	}
	var wait sync.WaitGroup
	for i := 1; i < workers; i++ {
		wait.Go(func() { part(i) })
	}
	part(0)
	wait.Wait()
	for _, fault := range faults {
		if fault != nil {
			panic(fault)
		}
	}
}
