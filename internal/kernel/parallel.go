package kernel

import "github.com/stratascope/stratascope/internal/parallel"

// Parallel splits [0, n) into at most workers contiguous chunks, calls f for each and waits for
// all. With one worker or one item it calls f itself, without a goroutine. A panic of f reaches the
// caller, that of the first chunk if several have one.
func Parallel(workers, n int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	workers = max(1, min(workers, n))
	parallel.Run(workers, func(i int) { f(n*i/workers, n*(i+1)/workers) })
}
