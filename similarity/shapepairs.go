package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

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
	s.starts = make([]int, L+1)
	for l, x := range s.layers {
		s.starts[l+1] = s.starts[l] + x.r // 0 where there is a reason
	}
	s.null = make([][]float64, L*L)
	failed := make([]error, L)
	walk := func(visit func(*Pairs, int) error) error {
		err := each(ctx, workers, L, func(a int) {
			if p.Reason[a] == nil {
				failed[a] = visit(p, a)
			}
		})
		return cmp.Or(err, cmp.Or(failed...))
	}
	s.scores = make([]float32, n*s.starts[L])
	for d := range shapeDraws {
		s.beside(n, infer.Rand(seed, "similarity", "shapes", fmt.Sprint(d)))
		if err := walk(s.draw); err != nil {
			return nil, 0, err
		}
	}
	s.beside(n, nil)
	return p, share, walk(s.measure)
}

// shapes is what all pairs share.
type shapes struct {
	order    []int // samples, group after group, as rows of all layers
	size     []int // samples of each group
	layers   []leading
	sums     [][]float32 // per layer: [groups][directions] of scores
	square   [][]float64 // per layer: [groups] of their squares
	starts   []int       // of each layer's columns in scores
	scores   []float32   // of all layers, beside each other; of a draw the samples of each permuted
	null     [][]float64 // layers x layers: by draw, the logarithm of |X'Y|_*
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

// beside puts the scores of all layers beside each other, the samples of each in an order of its own unless random is
// nil.
func (s *shapes) beside(n int, random *rand.Rand) {
	width := s.starts[len(s.layers)]
	for l, x := range s.layers {
		order := upTo(n)
		if random != nil {
			order = random.Perm(n)
		}
		for i, at := range order[:x.n] { // 0 where there is a reason
			copy(s.scores[i*width+s.starts[l]:i*width+s.starts[l+1]], x.scores[at*x.r:])
		}
	}
}

// products returns those of layer a's columns with the columns of the layers after it.
func (s *shapes) products(a int) []float32 {
	width, from := s.starts[len(s.layers)], s.starts[a+1]
	rows, columns := from-s.starts[a], width-from
	out := make([]float32, rows*columns)
	if columns > 0 {
		kernel.Gemm32(1, true, false, rows, columns, s.layers[a].n, 1, s.scores[s.starts[a]:], width, s.scores[from:], width, 0, out, columns)
	}
	return out
}

// pair takes out of products of layer a those with layer b.
func (s *shapes) pair(products []float32, a, b int) []float32 {
	columns := s.starts[len(s.layers)] - s.starts[a+1]
	out := make([]float32, 0, s.layers[a].r*s.layers[b].r)
	for k := range s.layers[a].r {
		row := products[k*columns : (k+1)*columns]
		out = append(out, row[s.starts[b]-s.starts[a+1]:s.starts[b+1]-s.starts[a+1]]...)
	}
	return out
}

// draw adds a draw's value to the null of a layer's pairs with those after it.
func (s *shapes) draw(p *Pairs, a int) error {
	products := s.products(a)
	for b := a + 1; b < len(s.layers); b++ {
		if p.Reason[b] != nil {
			continue
		}
		sum, err := linalg.Nuclear(double(s.pair(products, a, b)), s.layers[a].r, s.layers[b].r)
		if err != nil {
			return err
		}
		at := &s.null[a*len(s.layers)+b]
		*at = append(*at, math.Log(sum)) // of layers of few units nearer to normal than the sum
	}
	return nil
}

// measure fills in the pairs of a layer with itself and those after it.
func (s *shapes) measure(p *Pairs, a int) error {
	if err := p.set(a, a, 0, make([]float64, len(s.size)), nil, s.quantile); err != nil {
		return err
	}
	products := s.products(a)
	for b := a + 1; b < len(s.layers); b++ {
		if p.Reason[b] == nil {
			if err := s.compare(p, a, b, s.pair(products, a, b), s.null[a*len(s.layers)+b]); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare fills in a pair: the cosine |X'Y|_* / (|X|_F |Y|_F) of the product X'Y, its angle, and what groups and
// permutations do to it.
func (s *shapes) compare(p *Pairs, a, b int, product []float32, null []float64) error {
	x, y := s.layers[a], s.layers[b]
	leave := make([]float64, len(s.size))
	d, err := decompose(product, x.r, y.r)
	if err != nil {
		return err
	}
	nuclear := infer.Total(d.values)
	xx, yy := infer.Total(s.square[a]), infer.Total(s.square[b])
	w := len(d.values)
	turnedX, turnedY := linalg.Mul32(1, false, false, x.n, w, x.r, x.scores, d.left), linalg.Mul32(1, false, false, y.n, w, y.r, y.scores, d.right)
	at := 0
	meansX, meansY := linalg.Mul32(1, false, false, len(s.size), w, x.r, s.sums[a], d.left), linalg.Mul32(1, false, false, len(s.size), w, y.r, s.sums[b], d.right)
	for g, k := range s.size {
		along := kernel.Dot64(turnedX[at*w:(at+k)*w], turnedY[at*w:(at+k)*w])
		at += k
		rest := 1 / float64(x.n-k) // of what the group's mean takes along
		mx, my := s.sums[a][g*x.r:(g+1)*x.r], s.sums[b][g*y.r:(g+1)*y.r]
		both := along + rest*kernel.Dot64(meansX[g*w:(g+1)*w], meansY[g*w:(g+1)*w])
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
