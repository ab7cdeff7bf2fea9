package similarity

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// together returns what each two groups add to the CKA of layers a <= b, groups x groups, to first order in the
// three HSIC it is made of: infer.JackknifePairs wants it.
func (g *gram) together(ctx context.Context, workers int, whole sums, biased bool) (func(a, b int) []float64, error) {
	L, G, n := len(g.layers), g.groups, float64(len(g.order))
	products, err := g.centredProducts(ctx, workers, biased)
	if err != nil {
		return nil, err
	}
	pairs := n * (n - 3) // by which HSIC is its sum, over both orders of two samples
	if biased {
		pairs = (n - 1) * (n - 1)
	}
	return func(a, b int) []float64 {
		at, aa, bb := triangle(a, b, L), triangle(a, a, L), triangle(b, b, L)
		xx, yy := pairs*whole.hsic[aa], pairs*whole.hsic[bb]
		norm, half := 2/math.Sqrt(xx*yy), whole.cka(a, b, L)
		out := make([]float64, G*G)
		for u := range G {
			for v := u + 1; v < G; v++ {
				p := products[u*G+v]
				s := norm*p[at] - half*(p[aa]/xx+p[bb]/yy)
				out[u*G+v], out[v*G+u] = s, s
			}
		}
		return out
	}, nil
}

// centredProducts returns for groups u < v, at u groups + v, the sums of products of centred Gram entries of all pairs
// of layers over samples i of u and j of v, K_ij - t_i - t_j.
func (g *gram) centredProducts(ctx context.Context, workers int, biased bool) ([][]float64, error) {
	L, G := len(g.layers), g.groups
	t := g.centres(biased)
	out := make([][]float64, G*G)
	err := each(ctx, workers, G, func(u int) {
		for v := u + 1; v < G; v++ {
			there, back := t[u].along(g, v), t[v].along(g, u)
			sum := append([]float64(nil), g.products(u, v)...)
			nu, nv := float64(g.count[u]), float64(g.count[v])
			at := 0
			for a := range L {
				for b := a; b < L; b++ {
					sum[at] -= there[a*L+b] + there[b*L+a] + back[a*L+b] + back[b*L+a]
					sum[at] += nv*t[u].squares[a*L+b] + nu*t[v].squares[a*L+b] + t[u].sums[a]*t[v].sums[b] + t[v].sums[a]*t[u].sums[b]
					at++
				}
			}
			out[u*G+v] = sum
		}
	})
	return out, err
}

// centre holds t of a group's samples, layers x samples, its sums of each layer and of the products of two.
type centre struct {
	lo, n         int
	t             []float64
	sums, squares []float64
}

// centring returns what t_i has of row i's sum and less of that of all entries: U-centred for the debiased estimate, with
// sums off the diagonal, t_i = r_i / (n-2) - total / (2 (n-1) (n-2)) (Szekely & Rizzo 2014), and of mean 0 for the biased one.
func centring(n float64, biased bool) (row, all float64) {
	if biased {
		return 1 / n, 1 / (2 * n * n)
	}
	return 1 / (n - 2), 1 / (2 * (n - 1) * (n - 2))
}

func (g *gram) centres(biased bool) []centre {
	L, S, n := len(g.layers), len(g.segments), float64(len(g.order))
	row, all := centring(n, biased)
	out := make([]centre, g.groups)
	total := make([]float64, L)
	for l := range L {
		total[l] = infer.Total(g.part[l])
		if biased {
			total[l] += infer.Total(g.diag[l])
		}
	}
	lo := 0
	for u, size := range g.count {
		c := centre{lo, size, make([]float64, L*size), make([]float64, L), make([]float64, L*L)}
		for l := range L {
			for i := range size {
				r := 0.0
				if biased {
					r = g.diag[l][lo+i]
				}
				for _, v := range g.part[l][(lo+i)*S : (lo+i+1)*S] {
					r += v
				}
				c.t[l*size+i] = r*row - total[l]*all
				c.sums[l] += c.t[l*size+i]
			}
		}
		kernel.Gemm64(1, false, true, L, L, size, 1, c.t, size, c.t, size, 0, c.squares, L)
		out[u] = c
		lo += size
	}
	return out
}

// along returns the sums of t of layer a times the Gram entries of layer b with all samples of group v, layers x layers.
func (c centre) along(g *gram, v int) []float64 {
	L, S := len(g.layers), len(g.segments)
	rows := make([]float64, L*c.n)
	for l := range L {
		for i := range c.n {
			for s, x := range g.part[l][(c.lo+i)*S : (c.lo+i+1)*S] {
				if g.segments[s].group == v {
					rows[l*c.n+i] += x
				}
			}
		}
	}
	out := make([]float64, L*L)
	kernel.Gemm64(1, false, true, L, L, c.n, 1, c.t, c.n, rows, c.n, 0, out, L)
	return out
}
