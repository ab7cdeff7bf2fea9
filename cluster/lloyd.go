package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/parallel"
)

const (
	mostRounds = 300             // end a run that has not come to rest
	margin     = 1 - 1.0/(1<<20) // of its own distance, what another centre must be nearer than
)

// A run is k-means from one start.
type run struct {
	random  *rand.Rand
	sphere  bool      // centres have length 1
	centres []float64 // k x d
	labels  []int
	dist    []float64 // squared distance from the centre, in units of the frame
	moves   [][]move  // of this round, by block
	sums    []float64 // k x d
	counts  []int
	mended  bool // sums were changed by moves, and may have lost digits, since they were last added
	rounds  int
	rest    bool // no point moves any more
}

type move struct{ point, from, to int }

// lloyd moves points to their nearest centres and centres to the means of their points until no
// point moves (Lloyd 1982), in all runs side by side. A round costs 2 n k d operations a run.
func (f *frame) lloyd(ctx context.Context, runs []*run) error {
	for _, s := range runs {
		s.labels, s.dist = slices.Repeat([]int{-1}, f.N), make([]float64, f.N)
		s.moves = make([][]move, len(f.blocks))
		s.sums, s.counts = make([]float64, len(s.centres)), make([]int, len(s.centres)/f.D)
	}
	for active := runs; len(active) > 0; {
		if err := f.assign(ctx, active); err != nil {
			return err
		}
		err := parallel.Each(ctx, f.workers, len(active), func(_ context.Context, r int) error {
			active[r].update(f)
			return nil
		})
		if err != nil {
			return err
		}
		active = slices.DeleteFunc(slices.Clone(active), func(s *run) bool { return s.rest || s.rounds == mostRounds })
	}
	return nil
}

// assign finds the nearest centre of every point. A point leaves its cluster only for a centre that is
// nearer by more than rounding, so that ties cannot go round in circles.
func (f *frame) assign(ctx context.Context, runs []*run) error {
	k := len(runs[0].counts)
	at := make([]float64, 0, len(runs)*k*f.D)
	for _, s := range runs {
		at = append(at, s.centres...)
	}
	t := f.targets(at)
	return f.each(ctx, func(b, lo, hi int) {
		n := hi - lo
		products := f.products(b, lo, hi, t)
		d, least, own, nearest := make([]float64, n), make([]float64, n), make([]float64, n), make([]int, n)
		for r, s := range runs {
			for i := range least {
				least[i], own[i] = math.Inf(1), math.Inf(1)
			}
			for c := range k {
				f.distances(d, products[(r*k+c)*n:], lo, t, r*k+c)
				labels := s.labels[lo:hi]
				for i, v := range d {
					if v < least[i] {
						least[i], nearest[i] = v, c
					}
					if labels[i] == c {
						own[i] = v
					}
				}
			}
			s.moves[b] = s.moves[b][:0]
			for i, v := range own {
				if least[i] < v*margin {
					s.moves[b] = append(s.moves[b], move{lo + i, s.labels[lo+i], nearest[i]})
					s.labels[lo+i], v = nearest[i], least[i]
				}
				s.dist[lo+i] = v
			}
		}
	})
}

// update brings sums and centres up to date with the moves. Sums that were mended are added anew
// before a run is said to be at rest.
func (s *run) update(f *frame) {
	s.rounds++
	still := !slices.ContainsFunc(s.moves, func(m []move) bool { return len(m) > 0 })
	switch {
	case still && !s.mended:
		s.rest = true
		return
	case still || s.rounds == 1:
		s.add(f)
	default:
		for _, block := range s.moves {
			for _, m := range block {
				s.carry(f, m)
			}
		}
	}
	for c, n := range s.counts {
		if n == 0 {
			s.fill(f, c)
		}
	}
	for c := range s.counts {
		s.centre(f.D, c)
	}
}

// add sums the points of every cluster.
func (s *run) add(f *frame) {
	clear(s.sums)
	clear(s.counts)
	for i, l := range s.labels {
		kernel.AddTo64(s.sums[l*f.D:(l+1)*f.D], f.row(i))
		s.counts[l]++
	}
	s.mended = false
}

// carry takes a point from one sum to another.
func (s *run) carry(f *frame, m move) {
	row := f.row(m.point)
	from := s.sums[m.from*f.D : (m.from+1)*f.D]
	for j, v := range row {
		from[j] -= float64(v)
	}
	kernel.AddTo64(s.sums[m.to*f.D:(m.to+1)*f.D], row)
	s.counts[m.from]--
	s.counts[m.to]++
	s.mended = true
}

// fill gives an empty cluster the point that is farthest from its centre.
func (s *run) fill(f *frame, empty int) {
	far := -1
	for i, d := range s.dist {
		if s.counts[s.labels[i]] > 1 && d > 0 && (far < 0 || d > s.dist[far]) {
			far = i
		}
	}
	if far < 0 {
		return // every point lies on its centre
	}
	s.carry(f, move{far, s.labels[far], empty})
	s.labels[far], s.dist[far] = empty, 0
}

// centre puts a centre into the middle of its points. Points that cancel have no mean direction:
// their centre stays.
func (s *run) centre(d, c int) {
	if s.counts[c] == 0 {
		return
	}
	sum, by := s.sums[c*d:(c+1)*d], float64(s.counts[c])
	if s.sphere {
		if by = length(sum); by < 1e-9*float64(s.counts[c]) {
			return
		}
	}
	for j, v := range sum {
		s.centres[c*d+j] = v / by
	}
}

func length(x []float64) float64 { return math.Sqrt(kernel.DotDouble(x, x)) }
