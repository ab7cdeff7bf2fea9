package parallel

import (
	"runtime"
	"testing"
	"time"
)

// Each round's sums are complete when the next begins, with fewer cores than goroutines, too.
func TestBarrier(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		for _, n := range []int{1, 2, 3} {
			const rounds = 200
			b, at := NewBarrier(n), make([]int, n)
			Run(n, func(i int) {
				for round := range rounds {
					at[i] = round
					b.Wait()
					for k, v := range at {
						if v != round {
							t.Errorf("%d cores, %d goroutines: %d is in round %d, %d in %d", cores, n, k, v, i, round)
						}
					}
					b.Wait()
				}
			})
		}
	}
}

// Who waits for one that is late has lost that time.
func TestBarrierLost(t *testing.T) {
	b := NewBarrier(2)
	Run(2, func(i int) {
		if i == 1 {
			time.Sleep(5 * time.Millisecond)
		}
		b.Wait()
	})
	if lost := b.Lost(); lost < 4*time.Millisecond {
		t.Errorf("%v were lost, want about 5 ms", lost)
	}
}

// A goroutine that panics leaves nobody waiting.
func TestBarrierBreaks(t *testing.T) {
	const n = 3
	b := NewBarrier(n)
	defer func() {
		if recover() == nil {
			t.Error("the panic was lost")
		}
	}()
	Run(n, func(i int) {
		whole := false
		defer func() {
			if !whole {
				b.Break()
			}
		}()
		b.Wait()
		if i == 1 {
			panic("index out of range")
		}
		b.Wait()
		whole = true
	})
}
