package similarity

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

const (
	few        = 48 // directions that are all taken
	directions = 16 // of more, the leading ones that the third power of a Gram matrix is taken along
	probes     = 8  // of what is left of it
)

// test fills in P from what the walk has left: the permutation test of Permutation in closed form, without its n^3.
// All sums are exact but the trace of the Gram matrix cubed, see thirdPower.
func (p *Pairs) test(ctx context.Context, workers int, g *gram, whole sums, seed uint64) error {
	G := len(g.layers)
	kept := make([][]float64, G)
	err := each(ctx, workers, G, func(l int) {
		if p.Reason[g.layers[l].at] == nil {
			kept[l] = g.permutable(l, seed)
		}
	})
	if err != nil {
		return err
	}
	n := float64(p.N)
	moments, least := newMoments(p.N), leastP(p.N)
	p.P = fill(p.L*p.L, 1)
	for a := range G {
		for b := a + 1; b < G; b++ {
			if kept[a] == nil || kept[b] == nil {
				continue
			}
			product := n * (n - 3) * whole.hsic[triangle(a, b, G)] / math.Sqrt(kept[a][sumKinds]*kept[b][sumKinds])
			z := product / math.Sqrt(moments.variance(kept[a], kept[b]))
			p.setP(g.layers[a].at, g.layers[b].at, max(least, pearsonTail(z, moments.skewness(kept[a], kept[b]))))
		}
	}
	return nil
}

func (p *Pairs) setP(i, j int, v float64) { p.P[i*p.L+j], p.P[j*p.L+i] = v, v }

// Adjusted returns P of a pair for the family of all pairs, by Bonferroni. Under "no relation at all" nothing better
// is to be had: where every layer is permuted by itself, what two pairs show is independent even if they share a
// layer, since their relative permutations are, and so max-T (Westfall & Young 1993) and Bonferroni differ by less
// than half of what they give (Bonferroni's inequality of the second order).
func (p *Pairs) Adjusted(i, j int) float64 {
	good := 0
	for _, r := range p.Reason {
		if r == nil {
			good++
		}
	}
	return min(1, p.P[i*p.L+j]*float64(good*(good-1)/2))
}

// permutable returns the sums over layer l's U-centred Gram matrix of unit norm that permutations keep, and after them
// its squared norm. U-centring takes u_i + u_j off entry ij (Szekely & Rizzo 2014).
func (g *gram) permutable(l int, seed uint64) []float64 {
	n := len(g.order)
	N := float64(n)
	row := make([]float64, n) // of the off-diagonal Gram
	g.rowSums(row, l, upTo(n), -1)
	u, shift := make([]float64, n), infer.Total(row)/(2*(N-1)*(N-2))
	for i, r := range row {
		u[i] = r/(N-2) - shift
	}
	s1, s2 := infer.Total(u), dot(u, u)
	x := centredOf(g.layers[l].Matrix, g.layers[l].frame, g.order)
	ku := x.times(u, g.diag[l])
	squares := make([]float64, n) // per row
	var square, cube infer.Sum
	for i, v := range u {
		ki := g.square[l][i]
		squares[i] = ki + (N-2)*v*v + s2 - 2*v*row[i] - 2*ku[i] + 2*v*(s1-v)
		square.Add(squares[i])
		cube.Add(-6*v*ki + 6*v*v*row[i] + 6*v*ku[i] + (8-2*N)*v*v*v)
	}
	cube.Add(g.cube[l] - 6*s2*s1)
	norm := square.Value()
	out := make([]float64, sumKinds+1)
	out[sumSquare], out[sumKinds] = 1, norm
	out[sumTriple] = cube.Value() / math.Pow(norm, 1.5)
	out[sumTriangle] = x.triangles(u, squares, g.diag[l], seed) / math.Pow(norm, 1.5)
	return out
}

// centredRows are a layer's rows in an order, at the scale of its frame, less their mean.
type centredRows struct {
	x    []float32
	d    int
	mean []float64
}

func centredOf(m Matrix, f frame, order []int) centredRows {
	c := centredRows{make([]float32, m.N*m.D), m.D, nil}
	f.read(c.x, m, order)
	c.mean = c.sum(fill(m.N, 1/float64(m.N)))
	for i := range m.N {
		for j, v := range c.mean {
			c.x[i*c.d+j] -= float32(v)
		}
	}
	return c
}

// sum returns the sum of rows, u_i times each.
func (c centredRows) sum(u []float64) []float64 {
	out := make([]float64, c.d)
	for i, w := range u {
		row := c.x[i*c.d : (i+1)*c.d]
		for j := range out {
			out[j] += w * float64(row[j])
		}
	}
	return out
}

// times returns K u without the diagonal, K the Gram matrix of the rows with their mean.
func (c centredRows) times(u, diagonal []float64) []float64 {
	b, s := c.sum(u), infer.Total(u)
	for j, m := range c.mean {
		b[j] += m * s
	}
	out, constant := make([]float64, len(u)), dot(c.mean, b)
	for i, w := range u {
		out[i] = constant - diagonal[i]*w
		row := c.x[i*c.d : (i+1)*c.d]
		for j, v := range b {
			out[i] += v * float64(row[j])
		}
	}
	return out
}

// triangles returns the trace of the cube of the U-centred Gram matrix A, from u, the squared norms of A's rows and
// the diagonal before centring: A is G - u1' - 1u' - diag(f), G the centred Gram matrix, whose rows sum to 0.
func (c centredRows) triangles(u, squares, diagonal []float64, seed uint64) float64 {
	n := float64(len(u))
	f := make([]float64, len(u))
	for i, v := range u {
		f[i] = diagonal[i] - 2*v
	}
	total := infer.Total(f)
	own := make([]float64, len(u)) // u of G itself, which follows from f
	var rest infer.Sum
	for i, v := range f {
		own[i] = (total/(2*n) - v) / n
		rest.Add(3*v*squares[i] + v*v*v)
	}
	sum, norm, xu := infer.Total(own), dot(own, own), c.sum(own)
	second := infer.Total(squares) + dot(f, f) - 2*n*norm - 2*sum*sum // trace of G^2
	return c.thirdPower(len(u), second, seed) + 3*n*dot(xu, xu) - 2*sum*sum*sum - 6*sum*n*norm - rest.Value()
}

// thirdPower returns tr G^3, given that of G's square. Along a few leading directions Q it is |X'XX'Q|^2; the rest is
// estimated by random probes beside Q (Meyer et al. 2021, Hutch++), as a ratio to their second power, whose sum is known.
func (c centredRows) thirdPower(n int, second float64, seed uint64) float64 {
	random := infer.Rand(seed, "similarity", "third power")
	normal := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		return v
	}
	w := min(c.d, n)
	if w > few {
		w = directions
	}
	q, w := orthonormal(product32(false, c.x, normal(c.d*w), n, w, c.d), n, w)
	z := normal(n * probes)
	inside := product32(false, q, product32(true, q, z, w, probes, n), n, probes, w)
	for i, v := range inside {
		z[i] -= v
	}
	powers := func(v []float32, w int) (second, third float64) {
		v = product32(false, c.x, product32(true, c.x, v, c.d, w, n), n, w, c.d)
		return kernel.SumSq64(v), kernel.SumSq64(product32(true, c.x, v, c.d, w, n))
	}
	leading, third := powers(q, w)
	if rest := second - leading; rest > drowned*second {
		squares, cubes := powers(z, probes)
		third += rest * cubes / squares
	}
	return third
}

func fill(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
