package similarity

import "github.com/stratascope/stratascope/infer"

// overlap counts the neighbours that two layers share, and what each two groups of samples add to the count.
//
// That sample j is among the k nearest of i in the first layer, a_ij, depends on all samples. With the ball of the
// k-th neighbour held fixed it does not, and a ball that holds one sample more than k gives the overlap back that part of
// it which its edge has in common with the other layer's ball. So the overlap is, to first order, the sum of
//
//	a_ij b_ij - u_i (a_ij - k/(n-1)) - v_i (b_ij - k/(n-1)),
//
// u_i being the share of the samples about the edge of the first layer's ball that lie in the second's, v_i the other
// way (Bahadur 1966, of a sample's quantile).
type overlap struct {
	k       int
	group   []int
	size    []float64
	value   float64
	between []float64 // groups x groups, of i in the first and j in the second
	a, b    []float32 // shares of one sample's neighbours in either layer, 0 in between
	edge    []float32 // and band of the first
}

func newOverlap(k int, group []int, groups int) *overlap {
	n := len(group)
	o := &overlap{k: k, group: group, size: make([]float64, groups), a: make([]float32, n), b: make([]float32, n), edge: make([]float32, n)}
	for _, g := range group {
		o.size[g]++
	}
	return o
}

func (o *overlap) measure(x, y neighbourhoods) {
	n, G := len(o.group), len(o.size)
	o.between = cleared(o.between, G*G)
	chance := float64(o.k) / float64(n-1)
	given := make([]float64, G) // to every other sample
	var sum infer.Sum
	for i, g := range o.group {
		xs, ys := x.of(i), y.of(i)
		for e, j := range xs.at {
			o.a[j], o.edge[j] = xs.share[e], xs.band[e]
		}
		var both, u, v float64
		for e, j := range ys.at {
			s := ys.share[e]
			o.b[j] = s
			both += float64(o.a[j]) * float64(s)
			u += float64(o.edge[j]) * float64(s)
			v += float64(o.a[j]) * float64(ys.band[e])
		}
		sum.Add(both)
		row := o.between[g*G : (g+1)*G]
		for e, j := range xs.at {
			row[o.group[j]] += float64(xs.share[e]) * (float64(o.b[j]) - u)
			o.a[j], o.edge[j] = 0, 0
		}
		for e, j := range ys.at {
			row[o.group[j]] -= v * float64(ys.share[e])
			o.b[j] = 0
		}
		given[g] += chance * (u + v)
		row[g] -= chance * (u + v) // but not to itself
	}
	total := 0.0
	for g, s := range given {
		for h, k := range o.size {
			o.between[g*G+h] += s * k
			total += o.between[g*G+h]
		}
	}
	each := total / float64(n*(n-1)) // two samples of any size of groups have nothing together on average
	for g, s := range o.size {
		for h, k := range o.size {
			o.between[g*G+h] -= each * s * k
		}
		o.between[g*G+g] += each * s
	}
	o.value = sum.Value() / float64(n*o.k)
}

// withoutEach returns the overlap without each group, and what each two add to it.
func (o *overlap) withoutEach() (leave, together []float64) {
	n, G := float64(len(o.group)), len(o.size)
	leave, together = make([]float64, G), make([]float64, G*G)
	for g := range G {
		for h := range G {
			together[g*G+h] = (o.between[g*G+h] + o.between[h*G+g]) / (n * float64(o.k))
			leave[g] += together[g*G+h]
		}
		leave[g] -= together[g*G+g] / 2 // pairs inside the group are there twice
	}
	for g, size := range o.size {
		leave[g] = o.value - leave[g]*n/(n-size)
	}
	return leave, together
}

// of returns the neighbourhood of one sample.
func (h neighbourhoods) of(i int) neighbourhoods {
	lo, hi := h.ends[i], h.ends[i+1]
	return neighbourhoods{at: h.at[lo:hi], share: h.share[lo:hi], band: h.band[lo:hi]}
}
