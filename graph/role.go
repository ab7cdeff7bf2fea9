package graph

import "math/bits"

// Layers that are looked at, and that may be open at once, to tell a branch from the stream.
const (
	mostBranch = 1024
	mostOpen   = 256
)

// roles tells branches from the stream: at each sum, the side with fewer layers of its own carries the
// stream (none for an identity, one for a projection), the layers that only the other side has are the
// branch, if they lead nowhere but to the sum.
func (f *finder) roles() {
	for i := range f.layers {
		f.layers[i].Role = Stream
	}
	users := make([][]int, len(f.layers))
	for i, after := range f.afters {
		for _, k := range after {
			if k >= 0 {
				users[k] = append(users[k], i)
			}
		}
	}
	for i := range f.layers {
		if sides := f.sides[i]; len(sides) > 1 && len(sides) <= 64 {
			f.branches(i, sides, users)
		}
	}
}

func (f *finder) branches(at int, sides [][]int, users [][]int) {
	own := f.exclusive(sides)
	if own == nil {
		return
	}
	stream := 0
	for s := range own {
		if len(own[s]) < len(own[stream]) {
			stream = s
		}
	}
	for s, layers := range own {
		if s == stream || len(layers) == len(own[stream]) || !f.leadsOnly(layers, at, users) {
			continue
		}
		for _, i := range layers {
			f.layers[i].Role = Branch
		}
	}
}

// exclusive returns, for each side of a sum, the layers that lead to it through this side alone. It goes
// back from the latest layers until all sides have met.
func (f *finder) exclusive(sides [][]int) [][]int {
	all := uint64(1)<<len(sides) - 1
	mark := map[int]uint64{}
	var open []int // layers to look at, as a heap of negative indices would: the largest first
	push := func(i int, m uint64) {
		if i < 0 {
			return
		}
		if _, known := mark[i]; !known {
			open = append(open, i)
		}
		mark[i] |= m
	}
	for s, layers := range sides {
		for _, i := range layers {
			push(i, 1<<s)
		}
	}
	own := make([][]int, len(sides))
	for steps := 0; len(open) > 0; steps++ {
		if steps > mostBranch || len(open) > mostOpen {
			return nil
		}
		best, met := 0, true
		for k, i := range open {
			met = met && mark[i] == all
			if i > open[best] {
				best = k
			}
		}
		if met {
			break
		}
		i := open[best]
		open[best] = open[len(open)-1]
		open = open[:len(open)-1]
		if bits.OnesCount64(mark[i]) == 1 {
			s := bits.TrailingZeros64(mark[i])
			own[s] = append(own[s], i)
		}
		for _, k := range f.afters[i] {
			push(k, mark[i])
		}
	}
	return own
}

// leadsOnly reports whether everything that reads these layers is one of them or the sum.
func (f *finder) leadsOnly(layers []int, sum int, users [][]int) bool {
	inside := map[int]bool{sum: true}
	for _, i := range layers {
		inside[i] = true
	}
	for _, i := range layers {
		if f.layers[i].Head && f.out[f.layers[i].Output] {
			return false
		}
		for _, u := range users[i] {
			if !inside[u] {
				return false
			}
		}
	}
	return true
}
