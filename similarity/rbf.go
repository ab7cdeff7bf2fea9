package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// RBFOptions sets the Gaussian kernel; the zero value is the default.
type RBFOptions struct {
	Share  float64 // width as a share of the median distance; 0: 0.5
	Biased bool
	Groups []int // of samples, for the jackknife; nil deals them as AllPairs does
}

// RBF returns the CKA of two layers under the kernels exp(-|x-x'|^2 / (2 s^2)), s a share of each layer's median
// distance of two samples (Kornblith et al. 2019), debiased unless asked; near 0 to 1. It ignores
// rotation, scale and offset, and tends to linear CKA as s grows (Alvarez 2022). A far sample
// weighs little, unlike in linear CKA. The cost is n^2 d, n at most GramSamples.
func RBF(x, y Matrix, opt RBFOptions) (float64, error) {
	k, l, err := opt.kernels(x, y)
	if err != nil {
		return 0, err
	}
	h := kernelHSIC(k.values, l.values, x.N, opt.Biased)
	return ratio(h[1], h[0], h[2])
}

func (opt RBFOptions) kernels(x, y Matrix) (k, l radial, err error) {
	if opt.Share == 0 {
		opt.Share = 0.5
	}
	if !(opt.Share > 0) || math.IsInf(opt.Share, 1) {
		return k, l, fmt.Errorf("width of the kernel is %v times the median distance, want above 0: %w", opt.Share, infer.ErrRange)
	}
	a, b, err := two(framed, x, y)
	if err != nil {
		return k, l, err
	}
	if k, err = a.rbf(opt.Share); err != nil {
		return k, l, fmt.Errorf("first layer: %w", err)
	}
	if l, err = b.rbf(opt.Share); err != nil {
		return k, l, fmt.Errorf("second layer: %w", err)
	}
	return k, l, nil
}

// A radial is a layer's kernel matrix less 1 in every entry, which changes no HSIC and keeps the digits of wide kernels.
type radial struct {
	values  []float64 // n x n
	squares []float64 // of distances
	median  float64   // of them
	width   float64   // squared
}

func (r rows) rbf(share float64) (k radial, err error) {
	if k.squares, err = r.squares(); err != nil {
		return k, err
	}
	if k.median, err = infer.Quantile(upper(k.squares, r.n), 0.5); err != nil {
		return k, err
	}
	if k.median <= rounding*float64(r.d) {
		return k, fmt.Errorf("most samples are alike, their median distance is 0: %w", infer.ErrConstant)
	}
	k.values, k.width = slices.Clone(k.squares), share*share*k.median
	gaussian(k.values, k.width)
	return k, nil
}

// gaussian turns squared distances into exp(-d / (2 width)) - 1.
func gaussian(k []float64, width float64) {
	for i, v := range k {
		k[i] = math.Expm1(-v / (2 * width))
	}
}

// kernelHSIC returns HSIC of a kernel k, n x n, with itself, of k and l, and of l with itself.
func kernelHSIC(k, l []float64, n int, biased bool) []float64 {
	return groupedHSIC(k, l, make([]int, n), 1, biased)[0]
}

// groupedHSIC returns kernelHSIC of all samples and, where there are several groups, without each of them,
// from one walk over both kernels: products are summed by pair of groups, rows by group.
func groupedHSIC(k, l []float64, group []int, groups int, biased bool) [][]float64 {
	n := len(group)
	cross := make([]float64, 3*groups*groups)
	part := [2][]float64{make([]float64, n*groups), make([]float64, n*groups)}
	for i, g := range group {
		for j, v := range l[i*n : (i+1)*n] {
			if j == i {
				continue
			}
			u, h := k[i*n+j], group[j]
			part[0][i*groups+h] += u
			part[1][i*groups+h] += v
			sums := cross[3*(g*groups+h):]
			sums[0] += u * u / 2
			sums[1] += u * v / 2
			sums[2] += v * v / 2
		}
	}
	var out [][]float64
	for without := -1; without < groups && (groups > 1 || without < 0); without++ {
		var total [3]float64
		for g := range groups {
			for h := range groups {
				if g != without && h != without {
					addTo(total[:], cross[3*(g*groups+h):3*(g*groups+h)+3], 1)
				}
			}
		}
		var keep []int
		for i, g := range group {
			if g != without {
				keep = append(keep, i)
			}
		}
		m := len(keep)
		r, d := make([]float64, 2*m), make([]float64, 2*m)
		for p, i := range keep {
			d[p], d[m+p] = k[i*n+i], l[i*n+i]
			for h := range groups {
				if h != without {
					r[p] += part[0][i*groups+h]
					r[m+p] += part[1][i*groups+h]
				}
			}
		}
		out = append(out, hsic(total[:], r, d, 2, m, biased).hsic)
	}
	return out
}
