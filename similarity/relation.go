package similarity

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"

	"github.com/stratascope/stratascope/infer"
)

// test fills in P from what the walk has left: the permutation test of Permutation in closed form, without its n^3.
// All sums are exact but, in most cases, the trace of the Gram matrix cubed, see gramPowers.
func (p *Pairs) test(ctx context.Context, workers int, g *gram, whole sums, seed uint64) error {
	G := len(g.layers)
	z := sync.OnceValue(func() []float32 { return normals(infer.Rand(seed, "similarity", "third power"), p.N*probes) })
	kept, failed := make([][]float64, G), make([]error, G)
	err := each(ctx, workers, G, func(l int) {
		if p.Reason[g.layers[l].at] == nil {
			t := covariances.Get().(*covariance)
			defer covariances.Put(t)
			kept[l], failed[l] = g.permutable(t, l, z, seed)
		}
	})
	if err := cmp.Or(err, errors.Join(failed...)); err != nil {
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
// its squared norm. U-centring takes u_i + u_j off entry ij (Szekely & Rizzo 2014). z are the probes of the trace of
// its cube, n x probes.
//
// The U-centred matrix A is G - u1' - 1u' - diag(f), G the centred Gram matrix, whose rows sum to 0.
func (g *gram) permutable(t *covariance, l int, z func() []float32, seed uint64) ([]float64, error) {
	n, diagonal := len(g.order), g.diag[l]
	N := float64(n)
	t.vectors = sized(t.vectors, 4*n)
	row, u, f, own := t.vectors[:n], t.vectors[n:2*n], t.vectors[2*n:3*n], t.vectors[3*n:] // row of the off-diagonal Gram
	g.rowSums(row, l, upTo(n), -1)
	shift := sum(row) / (2 * (N - 1) * (N - 2))
	for i, r := range row {
		u[i] = r/(N-2) - shift
		f[i] = diagonal[i] - 2*u[i]
	}
	total := sum(f)
	for i, v := range f { // u of G itself follows from f
		own[i] = (total/(2*N) - v) / N
	}
	s1, s2 := sum(u), dot(u, u)
	w, err := g.powersOf(t, l, u, own, z, seed)
	if err != nil {
		return nil, err
	}
	norm, cube, rest := -2*w.one, g.cube[l]-6*s2*s1+6*w.self, -6*(total/(2*N)*w.one-N*w.own)
	for i, v := range u {
		k, r, own := g.square[l][i], row[i], diagonal[i]*v // what Ku has of the diagonal
		squares := k + (N-2)*v*v + s2 - 2*v*r + 2*own + 2*v*(s1-v)
		norm += squares
		cube += -6*v*k + 6*v*v*r - 6*v*own + (8-2*N)*v*v*v
		rest += 3*f[i]*squares + f[i]*f[i]*f[i]
	}
	all, size := sum(own), dot(own, own)
	second := norm + dot(f, f) - 2*N*size - 2*all*all // trace of G^2
	triangles := w.third(second) + 3*N*w.xu - 2*all*all*all - 6*all*N*size - rest
	out := make([]float64, sumKinds+1)
	out[sumSquare], out[sumKinds] = 1, norm
	out[sumTriple] = cube / math.Pow(norm, 1.5)
	out[sumTriangle] = triangles / math.Pow(norm, 1.5)
	return out, nil
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
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
