package similarity

import "github.com/stratascope/stratascope/internal/kernel"

// pairProducts adds the dot products of n numbers of all pairs of layers to into; layer l's numbers
// start at v[l*stride]. It returns its scratch for the next call.
func pairProducts(dot []float64, v []float32, stride, layers, n int, into []float64) []float64 {
	dot = cleared(dot, layers*layers)
	kernel.AddPairs64(layers, n, v, stride, dot)
	at := 0
	for a := range layers {
		addTo(into[at:at+layers-a], dot[a*layers+a:(a+1)*layers], 1)
		at += layers - a
	}
	return dot
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
// Gram entries, the off-diagonal row sums r and the diagonals d, both [L][n]. The debiased value
// is, with the diagonal set to zero (Song et al. 2012, eq. 5),
//
//	[tr KL + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1] / (n(n-3)),
//
// and the biased one tr(KHLH) / (n-1)^2 (Gretton et al. 2005, eq. 9). It changes r.
func hsic(cross, r, d []float64, L, n int, biased bool) sums {
	N := float64(n)
	rr, dd, full := make([]float64, L*L), make([]float64, L*L), make([]float64, L*L)
	total, trace, totalFull := make([]float64, L), make([]float64, L), make([]float64, L)
	kernel.Gemm64(1, false, true, L, L, n, 1, r, n, r, n, 0, rr, L)
	kernel.Gemm64(1, false, true, L, L, n, 1, d, n, d, n, 0, dd, L)
	for l := range L {
		for i, v := range r[l*n : (l+1)*n] {
			total[l] += v
			trace[l] += d[l*n+i]
			r[l*n+i] = v + d[l*n+i]
		}
		totalFull[l] = total[l] + trace[l]
	}
	kernel.Gemm64(1, false, true, L, L, n, 1, r, n, r, n, 0, full, L)
	s := sums{make([]float64, len(cross)), make([]float64, L), make([]float64, L)}
	for a := range L {
		for b := a; b < L; b++ {
			at := triangle(a, b, L)
			centred := 2*cross[at] + dd[a*L+b] - 2/N*full[a*L+b] + totalFull[a]*totalFull[b]/(N*N)
			s.hsic[at] = centred / ((N - 1) * (N - 1))
			if !biased {
				s.hsic[at] = (2*cross[at] + total[a]*total[b]/((N-1)*(N-2)) - 2/(N-2)*rr[a*L+b]) / (N * (N - 3))
			}
			if a == b {
				t := trace[a] - totalFull[a]/N
				s.bulk[a] = 2 * cross[at] / (N * (N - 1))
				if centred > 0 {
					s.shape[a] = t * t / centred
				}
			}
		}
	}
	return s
}
