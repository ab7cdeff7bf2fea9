package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

const (
	// ShapeShare is the share of a layer's variance that ShapePairs keeps.
	ShapeShare = 0.99
	shapeDraws = 12
	shapeWork  = 64 * 64 * 64 * 1600 // cubed directions times squared layers: a second or two
)

// ShapeDirections returns how many directions of each layer ShapePairs keeps at most, 64 for up to 40 layers and fewer
// for more, and 0 above 400, where it is not to be had.
func ShapeDirections(layers int) int {
	for _, r := range []int{64, 48, 32, 24, 16} {
		if r*r*r*layers*layers <= shapeWork {
			return r
		}
	}
	if layers <= 400 {
		return 12
	}
	return 0
}

// ShapePairs returns ShapeDistance of all pairs of layers, each layer in the leading directions that hold 99 % of its
// variance, at most ShapeDirections of them, with the share that the worst layer keeps. Intervals are those of the
// group jackknife to first order: the best rotation is kept where a group is left out, since the cosine is stationary
// in it, and means and norms are taken anew; what two groups do together to the rotation counts once
// (infer.JackknifePairs). More than 64 groups are dealt to 64. P is the tail of Student's t of the logarithm of the
// cosine among those of 12 permutations of all layers, which is near to normal.
func ShapePairs(ctx context.Context, workers int, layers []Matrix, groups []int, level float64, seed uint64) (*Pairs, float64, error) {
	n, err := common(layers, groups, Options{Level: level, Exact: math.MaxInt})
	if err != nil {
		return nil, 0, err
	}
	if groups != nil {
		groups = pooled(groups)
	}
	group, count, err := numbered(n, groups)
	if err != nil {
		return nil, 0, err
	}
	L := len(layers)
	most := ShapeDirections(L)
	if most == 0 {
		return nil, 0, fmt.Errorf("shape distances of %d layers, want at most 400: %w", L, infer.ErrRange)
	}
	p := newPairs(L, n, Options{Level: level, Exact: n, Biased: true}) // whatever wants debiased CKA refuses it
	p.Units, p.P = count, fill(L*L, 1)
	s := shapes{order: byGroup(group), layers: make([]leading, L), sums: make([][]float32, L), square: make([][]float64, L), size: make([]int, count), quantile: infer.StudentQuantile(1-(1-level)/2, float64(count-1))}
	for _, g := range group {
		s.size[g]++
	}
	if err := each(ctx, workers, L, func(l int) { p.Reason[l] = s.read(l, layers[l], most, seed) }); err != nil {
		return nil, 0, err
	}
	share := 1.0
	for l, x := range s.layers {
		if p.Reason[l] == nil {
			share = min(share, x.share)
		}
	}
	for d := range shapeDraws {
		random := infer.Rand(seed, "similarity", "shapes", fmt.Sprint(d))
		drawn := make([][]float32, L)
		for l, x := range s.layers {
			order := random.Perm(n)
			if p.Reason[l] == nil {
				drawn[l] = x.permuted(order)
			}
		}
		s.drawn = append(s.drawn, drawn)
	}
	failed := make([]error, L)
	err = each(ctx, workers, L, func(a int) {
		for b := a; b < L && failed[a] == nil; b++ {
			if p.Reason[a] == nil && p.Reason[b] == nil {
				failed[a] = s.measure(p, a, b)
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	return p, share, cmp.Or(failed...)
}

// shapes is what all pairs share.
type shapes struct {
	order    []int // samples, group after group, as rows of all layers
	size     []int // samples of each group
	layers   []leading
	sums     [][]float32 // per layer: [groups][directions] of scores
	square   [][]float64 // per layer: [groups] of their squares
	drawn    [][][]float32
	quantile float64
}

func (s *shapes) read(l int, m Matrix, most int, seed uint64) error {
	f, err := frameOf(m)
	if err != nil {
		return err
	}
	in, err := inMemory([]Matrix{m})
	if err != nil {
		return err
	}
	values := make([]float32, m.N*m.D)
	f.read(values, in[0], s.order)
	centreColumns(values, m.D, m.D)
	x, err := leadingOf(values, m.N, m.D, most, ShapeShare, seed)
	if err != nil {
		return err
	}
	s.layers[l], s.sums[l], s.square[l] = x, make([]float32, len(s.size)*x.r), make([]float64, len(s.size))
	at := 0
	for g, k := range s.size {
		sum := s.sums[l][g*x.r : (g+1)*x.r]
		for range k {
			row := x.scores[at : at+x.r]
			kernel.Add32(sum, sum, row)
			s.square[l][g] += kernel.SumSq64(row)
			at += x.r
		}
	}
	return nil
}

func (l leading) permuted(order []int) []float32 {
	out := make([]float32, len(l.scores))
	for i, at := range order {
		copy(out[i*l.r:(i+1)*l.r], l.scores[at*l.r:])
	}
	return out
}

// measure fills in a pair: the cosine |X'Y|_* / (|X|_F |Y|_F), its angle, and what groups and permutations do to it.
func (s *shapes) measure(p *Pairs, a, b int) error {
	x, y := s.layers[a], s.layers[b]
	leave := make([]float64, len(s.size))
	if a == b {
		return p.set(a, b, 0, leave, nil, s.quantile)
	}
	d, err := decompose(product32(true, x.scores, y.scores, x.r, y.r, x.n), x.r, y.r)
	if err != nil {
		return err
	}
	nuclear := infer.Total(d.values)
	xx, yy := infer.Total(s.square[a]), infer.Total(s.square[b])
	w := len(d.values)
	turnedX, turnedY := product32(false, x.scores, d.left, x.n, w, x.r), product32(false, y.scores, d.right, y.n, w, y.r)
	at := 0
	for g, k := range s.size {
		along := kernel.Dot64(turnedX[at*w:(at+k)*w], turnedY[at*w:(at+k)*w])
		at += k
		rest := 1 / float64(x.n-k) // of what the group's mean takes along
		mx, my := s.sums[a][g*x.r:(g+1)*x.r], s.sums[b][g*y.r:(g+1)*y.r]
		both := along + rest*kernel.Dot64(product32(false, mx, d.left, 1, w, x.r), product32(false, my, d.right, 1, w, y.r))
		left := (xx - s.square[a][g] - rest*kernel.SumSq64(mx)) * (yy - s.square[b][g] - rest*kernel.SumSq64(my))
		leave[g] = angle((nuclear - both) / math.Sqrt(left))
	}
	cosine := nuclear / math.Sqrt(xx*yy)
	together := s.together(x, y, d, turnedX, turnedY)
	for k := range together {
		together[k] /= math.Sqrt(xx*yy) * math.Sqrt(max(1-cosine*cosine, drowned))
	}
	if err := p.set(a, b, angle(cosine), leave, together, s.quantile); err != nil {
		return err
	}
	null := make([]float64, len(s.drawn))
	for d, drawn := range s.drawn {
		values, err := linalg.SVDValues(double(product32(true, drawn[a], drawn[b], x.r, y.r, x.n)), x.r, y.r)
		if err != nil {
			return err
		}
		null[d] = math.Log(infer.Total(values)) // of layers of few units nearer to normal than the sum
	}
	e, err := infer.MeanOf(null)
	if err != nil {
		return err
	}
	if spread := e.SE * math.Sqrt(float64(len(null)+1)); spread > 0 {
		p.setP(a, b, infer.StudentTail((math.Log(nuclear)-e.Value)/spread, e.DF))
	}
	return nil
}

func angle(cosine float64) float64 { return math.Acos(max(-1, min(1, cosine))) }

func transposed(m []float32, rows, columns int) []float32 {
	out := make([]float32, len(m))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = m[i*columns+j]
		}
	}
	return out
}

func double(m []float32) []float64 {
	out := make([]float64, len(m))
	for i, v := range m {
		out[i] = float64(v)
	}
	return out
}
