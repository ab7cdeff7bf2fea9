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
// in it, and means and norms are taken anew. P is the tail of Student's t of the root of the cosine
// among those of 12 permutations of all layers, which is near to normal: 5 to 7 % of unrelated pairs are rejected at 5 %.
func ShapePairs(ctx context.Context, workers int, layers []Matrix, groups []int, level float64, seed uint64) (*Pairs, float64, error) {
	n, err := common(layers, groups, Options{Level: level, Exact: math.MaxInt})
	if err != nil {
		return nil, 0, err
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
	s := shapes{group: group, layers: make([]leading, L), sums: make([][]float32, L), square: make([][]float64, L), size: make([]int, count), quantile: infer.StudentQuantile(1-(1-level)/2, float64(count-1))}
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
	group    []int
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
	f.read(values, in[0], upTo(m.N))
	centreColumns(values, m.D, m.D)
	x, err := leadingOf(values, m.N, m.D, most, ShapeShare, seed)
	if err != nil {
		return err
	}
	s.layers[l], s.sums[l], s.square[l] = x, make([]float32, len(s.size)*x.r), make([]float64, len(s.size))
	for i, g := range s.group {
		row := x.scores[i*x.r : (i+1)*x.r]
		kernel.Add32(s.sums[l][g*x.r:(g+1)*x.r], s.sums[l][g*x.r:(g+1)*x.r], row)
		s.square[l][g] += kernel.SumSq64(row)
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
	turn, nuclear, err := polar(product32(true, x.scores, y.scores, x.r, y.r, x.n), x.r, y.r)
	if err != nil {
		return err
	}
	xx, yy := infer.Total(s.square[a]), infer.Total(s.square[b])
	turned := product32(false, x.scores, turn, x.n, y.r, x.r)
	along := make([]float64, len(s.size)) // of each group in |X'Y|_*
	for i, g := range s.group {
		along[g] += kernel.Dot64(turned[i*y.r:(i+1)*y.r], y.scores[i*y.r:(i+1)*y.r])
	}
	for g, k := range s.size {
		rest := 1 / float64(x.n-k) // of what the group's mean takes along
		mx, my := s.sums[a][g*x.r:(g+1)*x.r], s.sums[b][g*y.r:(g+1)*y.r]
		both := along[g] + rest*kernel.Dot64(product32(false, mx, turn, 1, y.r, x.r), my)
		left := (xx - s.square[a][g] - rest*kernel.SumSq64(mx)) * (yy - s.square[b][g] - rest*kernel.SumSq64(my))
		leave[g] = angle((nuclear - both) / math.Sqrt(left))
	}
	cosine := nuclear / math.Sqrt(xx*yy)
	if err := p.set(a, b, angle(cosine), leave, nil, s.quantile); err != nil {
		return err
	}
	null := make([]float64, len(s.drawn))
	for d, drawn := range s.drawn {
		values, err := linalg.SVDValues(double(product32(true, drawn[a], drawn[b], x.r, y.r, x.n)), x.r, y.r)
		if err != nil {
			return err
		}
		null[d] = math.Sqrt(infer.Total(values)) // of layers of few units nearer to normal than the sum
	}
	e, err := infer.MeanOf(null)
	if err != nil {
		return err
	}
	if spread := e.SE * math.Sqrt(float64(len(null)+1)); spread > 0 {
		p.setP(a, b, infer.StudentTail((math.Sqrt(nuclear)-e.Value)/spread, e.DF))
	}
	return nil
}

func angle(cosine float64) float64 { return math.Acos(max(-1, min(1, cosine))) }

// polar returns the rotation U V' of m = U S V', rows x columns, and the sum of S.
func polar(m []float32, rows, columns int) (turn []float32, nuclear float64, err error) {
	if rows < columns {
		turn, nuclear, err = polar(transposed(m, rows, columns), columns, rows)
		return transposed(turn, columns, rows), nuclear, err
	}
	wide := double(m)
	values, v, err := linalg.EigenSym(1, linalg.Mul(1, true, false, columns, columns, rows, wide, wide), columns, true)
	if err != nil {
		return nil, 0, err
	}
	scaled := make([]float64, len(v)) // eigenvectors over singular values
	for k, e := range values {
		if e <= drowned*drowned*values[0] {
			break
		}
		s := math.Sqrt(e)
		nuclear += s
		for j, w := range v[k*columns : (k+1)*columns] {
			scaled[k*columns+j] = w / s
		}
	}
	root := linalg.Mul(1, true, false, columns, columns, columns, v, scaled)
	turn = make([]float32, rows*columns)
	for i, w := range linalg.Mul(1, false, false, rows, columns, columns, wide, root) {
		turn[i] = float32(w)
	}
	return turn, nuclear, nil
}

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
