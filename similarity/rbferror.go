package similarity

import (
	"math"

	"github.com/stratascope/stratascope/infer"
)

// RBFEstimate is RBF with its group jackknife. Leave-one-group-out values come from the same kernels, and from how CKA
// changes with the widths and they with the median distance, to first order. What two groups do together counts once
// (infer.JackknifePairs). More than 64 groups are dealt to 64.
func RBFEstimate(x, y Matrix, opt RBFOptions) (infer.Estimate, error) {
	k, l, err := opt.kernels(x, y)
	if err != nil {
		return infer.Estimate{}, err
	}
	group, count, err := numbered(x.N, pooled(opt.Groups))
	if err != nil {
		return infer.Estimate{}, err
	}
	hsic := groupedHSIC(k.values, l.values, group, count, opt.Biased)
	values := make([]float64, len(hsic))
	for u, h := range hsic {
		if values[u], err = ratio(h[1], h[0], h[2]); err != nil {
			return infer.Estimate{}, err
		}
	}
	c := newContributions(k, l, hsic[0], group, count, opt.Biased)
	for i, one := range []radial{k, l} {
		shifts, err := one.shifts(group, count)
		if err != nil {
			return infer.Estimate{}, err
		}
		addTo(values[1:], shifts, c.slopes[i])
	}
	return infer.JackknifePairs(values[0], values[1:], c.together)
}

// densitySquares is about twice as many distances as the density about their median is taken from.
const densitySquares = 1 << 15

// shifts returns the logarithm of the squared width without each group less that of all, to first order: by how many of
// the distances that are left lie below the median, over their density about it (Bahadur 1966).
func (k radial) shifts(group []int, groups int) ([]float64, error) {
	n := len(group)
	all := float64(n) * float64(n-1) / 2
	var some []float64 // of the distances, evenly
	for at, v := range upper(k.squares, n) {
		if at%(1+n*n/densitySquares) == 0 {
			some = append(some, v)
		}
	}
	low, err := infer.Quantile(some, 0.45)
	if err != nil {
		return nil, err
	}
	high, err := infer.Quantile(some, 0.55)
	if err != nil {
		return nil, err
	}
	size, below := make([]float64, groups), make([]float64, groups) // of the distances of a group's samples
	var under float64
	for i, g := range group {
		for j, v := range k.squares[i*n : i*n+i] {
			less := 0.0
			if v < k.median {
				less = 1
			}
			under += less
			size[g]++
			below[g] += less
			if h := group[j]; h != g {
				size[h]++
				below[h] += less
			}
		}
	}
	out := make([]float64, groups)
	for g := range out {
		out[g] = (0.5 - (under-below[g])/(all-size[g])) * (high - low) / (0.1 * k.median)
	}
	return out, nil
}

// contributions are what each two groups add to RBF CKA, to first order in the three HSIC it is made of, and its
// derivatives by the logarithms of the squared widths.
type contributions struct {
	together []float64 // groups x groups
	slopes   [2]float64
}

func newContributions(k, l radial, hsic []float64, group []int, groups int, biased bool) contributions {
	n := len(group)
	pairs := float64(n) * float64(n-3)
	if biased {
		pairs = float64(n-1) * float64(n-1)
	}
	a, b := centresOf(k.values, n, biased), centresOf(l.values, n, biased)
	norm, cka := 2/(pairs*math.Sqrt(hsic[0]*hsic[2])), hsic[1]/math.Sqrt(hsic[0]*hsic[2])
	inK, inL := cka/(pairs*hsic[0]), cka/(pairs*hsic[2])
	c := contributions{together: make([]float64, groups*groups)}
	for i, g := range group {
		for j := range i {
			at, h := i*n+j, group[j]
			u, v := k.values[at], l.values[at]
			byK, byL := (1+u)*k.squares[at]/(2*k.width), (1+v)*l.squares[at]/(2*l.width)
			u, v = u-a[i]-a[j], v-b[i]-b[j]
			s := norm*u*v - inK*u*u - inL*v*v
			c.together[g*groups+h] += s
			c.together[h*groups+g] += s
			c.slopes[0] += byK * (norm*v - 2*inK*u)
			c.slopes[1] += byL * (norm*u - 2*inL*v)
		}
	}
	return c
}

// centresOf returns the t of a kernel, n x n, whose centred entries are K_ij - t_i - t_j, as gram.centres does.
func centresOf(k []float64, n int, biased bool) []float64 {
	rows, total := make([]float64, n), 0.0
	for i := range n {
		rows[i] = sum(k[i*n : (i+1)*n])
		if !biased {
			rows[i] -= k[i*n+i]
		}
		total += rows[i]
	}
	row, all := centring(float64(n), biased)
	for i, r := range rows {
		rows[i] = r*row - total*all
	}
	return rows
}
