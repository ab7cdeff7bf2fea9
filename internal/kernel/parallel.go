package kernel

import (
	"sync"
)

// Parallel splits [0, n) into at most workers contiguous chunks, calls f for each and waits for
// all. With one worker or one item it calls f itself, without a goroutine.
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
	var wait sync.WaitGroup
	for i := 1; i < workers; i++ {
		lo, hi := n*i/workers, n*(i+1)/workers
		wait.Go(func() { f(lo, hi) })
	}
	f(0, n/workers)
	wait.Wait()
}
