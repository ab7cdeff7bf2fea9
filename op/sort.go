package op

import "slices"

// work is that of a loop which asks once per block of it whether the run goes on.
type work struct {
	x     *Exec
	steps int
	ended bool
}

// done counts elementary operations and says whether the run was cancelled.
func (w *work) done(steps int) bool {
	if w.steps += steps; w.steps >= block && !w.ended {
		w.steps, w.ended = 0, w.x.ended()
	}
	return w.ended
}

// sort sorts stably, as slices.SortStableFunc does, block by block, and leaves off soon after compare found
// the run cancelled.
func (w *work) sort(order []int, compare func(i, j int) int) {
	n := len(order)
	for lo := 0; lo < n && !w.ended; lo += block {
		slices.SortStableFunc(order[lo:min(lo+block, n)], compare)
	}
	if n <= block {
		return
	}
	from, to := order, make([]int, n)
	for size := block; size < n && !w.ended; size *= 2 {
		for lo := 0; lo < n && !w.ended; lo += 2 * size {
			mid, hi := min(lo+size, n), min(lo+2*size, n)
			w.merge(to[lo:hi], from[lo:mid], from[mid:hi], compare)
		}
		from, to = to, from
	}
	copy(order, from)
}

// merge merges a and b, both sorted, into out.
func (w *work) merge(out, a, b []int, compare func(i, j int) int) {
	for k := 0; len(a) > 0 && len(b) > 0 && !w.ended; k++ {
		if compare(a[0], b[0]) <= 0 {
			out[k], a = a[0], a[1:]
		} else {
			out[k], b = b[0], b[1:]
		}
	}
	rest := out[len(out)-len(a)-len(b):]
	copy(rest[copy(rest, a):], b)
}
