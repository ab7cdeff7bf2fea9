package similarity

import "github.com/stratascope/stratascope/internal/kernel"

// pairProducts adds the dot products of n numbers of all pairs of layers to into; layer l's numbers
// start at v[l*stride]. It returns its scratch for the next call.
func pairProducts(dot []float64, v []float32, stride, layers, n int, into []float64) []float64 {
	dot = cleared(dot, layers*layers)
	kernel.AddPairs64(layers, n, v, stride, dot)
	addUpper(into, dot, layers)
	return dot
}

// addUpper adds what a layers x layers matrix has from the diagonal on.
func addUpper(into, square []float64, layers int) {
	at := 0
	for a := range layers {
		addTo(into[at:at+layers-a], square[a*layers+a:(a+1)*layers], 1)
		at += layers - a
	}
}

// sums returns the HSIC of all pairs of layers without the samples of group u; -1 leaves out none.
func (g *gram) sums(u int, biased bool) sums {
	L := len(g.layers)
	P := L * (L + 1) / 2
	cross := make([]float64, P)
	for a := range g.groups {
		for b := a; b < g.groups; b++ {
			if a != u && b != u {
				addTo(cross, g.products(a, b), 1)
			}
		}
	}
	keep := make([]int, 0, len(g.order))
	for _, s := range g.segments {
		if s.group == u {
			continue
		}
		for i := s.lo; i < s.hi; i++ {
			keep = append(keep, i)
		}
	}
	n := len(keep)
	r, d := make([]float64, L*n), make([]float64, L*n)
	for l := range L {
		g.rowSums(r[l*n:(l+1)*n], l, keep, u)
		for k, i := range keep {
			d[l*n+k] = g.diag[l][i]
		}
	}
	return hsic(cross, r, d, L, n, biased)
}

// rowSums writes the row sums of the off-diagonal Gram over the samples outside group u.
func (g *gram) rowSums(dst []float64, l int, keep []int, u int) {
	S := len(g.segments)
	for k, i := range keep {
		var s float64
		for c, v := range g.part[l][i*S : (i+1)*S] {
			if g.segments[c].group != u {
				s += v
			}
		}
		dst[k] = s
	}
}

// hsic combines, for all pairs of L layers over n samples, the sums over i < j of products of
// Gram entries, the off-diagonal row sums r and the diagonals d, both [L][n], to the debiased value or the biased one,
// tr(KHLH) / (n-1)^2 (Gretton et al. 2005, eq. 9). It changes r.
func hsic(cross, r, d []float64, L, n int, biased bool) sums {
	s := debiased(cross, r, L, n)
	s.shape = make([]float64, L)
	for i, v := range d {
		r[i] += v
	}
	dd, full := rowProducts(d, L, n, biased), rowProducts(r, L, n, biased)
	N, trace, total := float64(n), make([]float64, L), make([]float64, L)
	for l := range L {
		trace[l], total[l] = sum(d[l*n:(l+1)*n]), sum(r[l*n:(l+1)*n])
	}
	for a := range L {
		for b := a; b < L && (b == a || biased); b++ {
			at := triangle(a, b, L)
			centred := 2*cross[at] + dd[a*L+b] - 2/N*full[a*L+b] + total[a]*total[b]/(N*N)
			if biased {
				s.hsic[at] = centred / ((N - 1) * (N - 1))
			}
			if t := trace[a] - total[a]/N; a == b && centred > 0 {
				s.shape[a] = t * t / centred
			}
		}
	}
	return s
}

// rowProducts returns the products of L rows of n values with each other, or with themselves only.
func rowProducts(v []float64, L, n int, all bool) []float64 {
	out := make([]float64, L*L)
	if all {
		kernel.Gemm64(1, false, true, L, L, n, 1, v, n, v, n, 0, out, L)
		return out
	}
	for l := range L {
		out[l*L+l] = dot(v[l*n:(l+1)*n], v[l*n:(l+1)*n])
	}
	return out
}

// debiased combines them with the diagonal set to zero (Song et al. 2012, eq. 5):
//
//	[tr KL + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1] / (n(n-3)).
func debiased(cross, r []float64, L, n int) sums {
	N := float64(n)
	rr, total := rowProducts(r, L, n, true), make([]float64, L)
	for l := range total {
		total[l] = sum(r[l*n : (l+1)*n])
	}
	s := sums{hsic: make([]float64, len(cross)), bulk: make([]float64, L)}
	for a := range L {
		for b := a; b < L; b++ {
			at := triangle(a, b, L)
			s.hsic[at] = (2*cross[at] + total[a]*total[b]/((N-1)*(N-2)) - 2/(N-2)*rr[a*L+b]) / (N * (N - 3))
		}
		s.bulk[a] = 2 * cross[triangle(a, a, L)] / (N * (N - 1))
	}
	return s
}
