package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// square holds the products of n points, of which those in rows are parted.
type square struct {
	n         int
	g, own    []float64 // n x n, and its diagonal
	rows      []int
	spherical bool
}

func (q *square) row(i int) []float64 { return q.g[q.rows[i]*q.n : (q.rows[i]+1)*q.n] }

// distance is the squared distance of two places of squared lengths a and b.
func distance(a, b, product float64) float64 {
	if d := a + b - 2*product; d > alike*(a+b) {
		return d
	}
	return 0
}

// A start is k-means from one start (lloyd), on products. Points are numbered by their place in rows.
type start struct {
	*square
	k             int
	at, sums      []float64 // k x n: the products of the centres, and of the sums of the clusters' points, with all points
	norm          []float64 // squared lengths of the centres
	labels        []int
	counts        []int
	nearest       []int
	dist, present []float64 // from the nearest centre, and from the present one
	moves         []move
	changed       []bool // clusters, since their centres were placed
	mended        bool   // sums were changed by moves, and may have lost digits, since they were last added
	rounds        int
	rest          bool
	stayed        bool // a centre of directions that cancel
	inertia       float64
}

func (q *square) start(seeds []int) *start {
	k, m := len(seeds), len(q.rows)
	s := &start{square: q, k: k, at: make([]float64, k*q.n), sums: make([]float64, k*q.n), norm: make([]float64, k), labels: make([]int, m), counts: make([]int, k),
		nearest: make([]int, m), dist: make([]float64, m), present: make([]float64, m), changed: make([]bool, k)}
	for c, i := range seeds {
		copy(s.at[c*q.n:], q.row(i))
		s.norm[c] = q.own[q.rows[i]]
	}
	for i := range s.labels {
		s.labels[i] = -1
	}
	return s
}

// seed draws k points as frame.seed does.
func (q *square) seed(random *rand.Rand, k int) (*start, error) {
	trials, m := 2+int(math.Log(float64(k))), len(q.rows)
	closest, reached, best := make([]float64, m), make([]float64, m), make([]float64, m)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	seeds, drawn := make([]int, 0, k), []int{random.IntN(m)}
	for c := range k {
		if c > 0 {
			if drawn = draw(random, closest, trials); drawn == nil {
				return nil, fmt.Errorf("%d distinct points, want at least one for each of %d clusters: %w", c, k, infer.ErrTooFew)
			}
		}
		chosen, least := 0, math.Inf(1)
		for _, i := range drawn {
			row, own, sum := q.row(i), q.own[q.rows[i]], 0.0
			for j, v := range closest {
				at := q.rows[j]
				v = min(v, distance(q.own[at], own, row[at]))
				reached[j] = v
				sum += v
			}
			if sum < least {
				chosen, least = i, sum
				best, reached = reached, best
			}
		}
		closest, best = best, closest
		seeds = append(seeds, chosen)
	}
	return q.start(seeds), nil
}

// lloyd goes on until no point moves, as frame.lloyd does.
func (s *start) lloyd(ctx context.Context) error {
	for !s.rest && s.rounds < mostRounds {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		s.assign()
		s.update()
	}
	for i, l := range s.labels {
		at := s.rows[i]
		s.inertia += distance(s.own[at], s.norm[l], s.at[l*s.n+at])
	}
	return nil
}

// assign finds the nearest centre of every point.
func (s *start) assign() {
	for i := range s.dist {
		s.dist[i], s.present[i] = math.Inf(1), math.Inf(1)
	}
	for c, norm := range s.norm {
		products := s.at[c*s.n : (c+1)*s.n]
		for i, at := range s.rows {
			d := distance(s.own[at], norm, products[at])
			if d < s.dist[i] {
				s.dist[i], s.nearest[i] = d, c
			}
			if s.labels[i] == c {
				s.present[i] = d
			}
		}
	}
	s.moves = s.moves[:0]
	for i, v := range s.present {
		if s.dist[i] < v*margin {
			s.moves = append(s.moves, move{i, s.labels[i], s.nearest[i]})
			s.labels[i] = s.nearest[i]
		} else {
			s.dist[i] = v
		}
	}
}

// update brings sums and centres up to date with the moves, as run.update does.
func (s *start) update() {
	s.rounds++
	switch {
	case len(s.moves) == 0 && !s.mended:
		s.rest = true
		return
	case len(s.moves) == 0 || 2*len(s.moves) >= len(s.rows):
		s.add()
	default:
		for _, m := range s.moves {
			s.carry(m)
		}
	}
	for c, n := range s.counts {
		if n == 0 {
			s.fill(c)
		}
	}
	s.place()
}

func (s *start) add() {
	clear(s.sums)
	clear(s.counts)
	for i, l := range s.labels {
		kernel.AddScaled64(s.sums[l*s.n:(l+1)*s.n], 1, s.row(i))
		s.counts[l]++
	}
	for c := range s.changed {
		s.changed[c] = true
	}
	s.mended = false
}

func (s *start) carry(m move) {
	kernel.AddScaled64(s.sums[m.from*s.n:(m.from+1)*s.n], -1, s.row(m.point))
	kernel.AddScaled64(s.sums[m.to*s.n:(m.to+1)*s.n], 1, s.row(m.point))
	s.counts[m.from]--
	s.counts[m.to]++
	s.changed[m.from], s.changed[m.to], s.mended = true, true, true
}

// fill gives an empty cluster the point that is farthest from its centre.
func (s *start) fill(empty int) {
	far := -1
	for i, d := range s.dist {
		if s.counts[s.labels[i]] > 1 && d > 0 && (far < 0 || d > s.dist[far]) {
			far = i
		}
	}
	if far < 0 {
		return // every point lies on its centre
	}
	s.carry(move{far, s.labels[far], empty})
	s.labels[far], s.dist[far] = empty, 0
}

// place puts centres into the middle of their points; those of directions that cancel stay.
func (s *start) place() {
	squares := make([]float64, s.k)
	for i, l := range s.labels {
		squares[l] += s.sums[l*s.n+s.rows[i]]
	}
	for c, square := range squares {
		if s.counts[c] == 0 || !s.changed[c] {
			continue
		}
		s.changed[c] = false
		by := float64(s.counts[c])
		if s.spherical {
			if by = math.Sqrt(max(0, square)); by < 1e-6*float64(s.counts[c]) {
				s.stayed = true
				continue
			}
		}
		at := s.at[c*s.n : (c+1)*s.n]
		for i, v := range s.sums[c*s.n : (c+1)*s.n] {
			at[i] = v / by
		}
		s.norm[c] = square / (by * by)
	}
}
