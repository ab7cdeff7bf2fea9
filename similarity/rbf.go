package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// RBFOptions sets the Gaussian kernel; the zero value is the default.
type RBFOptions struct {
	Share  float64 // width as a share of the median distance; 0: 0.5
	Biased bool
	Groups []int // of samples, for the jackknife; nil deals them as AllPairs does
}

// RBF returns the CKA of two layers under the kernels exp(-|x-x'|^2 / (2 s^2)), s a share of each layer's median
// distance of two samples (Kornblith et al. 2019, section 4.1), debiased unless asked; near 0 to 1. It ignores
// rotation, scale and offset, and tends to linear CKA as s grows (Alvarez 2022). A far sample
// weighs little, unlike in linear CKA. The cost is n^2 d, n at most GramSamples.
func RBF(x, y Matrix, opt RBFOptions) (float64, error) {
	k, l, err := opt.kernels(x, y)
	if err != nil {
		return 0, err
	}
	return kernelCKA(k, l, x.N, nil, opt.Biased)
}

// RBFEstimate is RBF with its group jackknife. Leave-one-group-out values come from the same kernels, whose widths
// stay those of all samples.
func RBFEstimate(x, y Matrix, opt RBFOptions) (infer.Estimate, error) {
	k, l, err := opt.kernels(x, y)
	if err != nil {
		return infer.Estimate{}, err
	}
	subsets, err := withoutEach(x.N, opt.Groups)
	if err != nil {
		return infer.Estimate{}, err
	}
	values := make([]float64, len(subsets)+1)
	for u, keep := range append([][]int{nil}, subsets...) {
		if values[u], err = kernelCKA(k, l, x.N, keep, opt.Biased); err != nil {
			return infer.Estimate{}, err
		}
	}
	return infer.Jackknife(values[0], values[1:])
}

func (opt RBFOptions) kernels(x, y Matrix) (k, l []float64, err error) {
	if opt.Share == 0 {
		opt.Share = 0.5
	}
	if !(opt.Share > 0) || math.IsInf(opt.Share, 1) {
		return nil, nil, fmt.Errorf("width of the kernel is %v times the median distance, want above 0: %w", opt.Share, infer.ErrRange)
	}
	a, b, err := two(framed, x, y)
	if err != nil {
		return nil, nil, err
	}
	if k, err = a.rbf(opt.Share); err != nil {
		return nil, nil, fmt.Errorf("first layer: %w", err)
	}
	if l, err = b.rbf(opt.Share); err != nil {
		return nil, nil, fmt.Errorf("second layer: %w", err)
	}
	return k, l, nil
}

// rbf returns the kernel matrix less 1 in every entry, which changes no HSIC and keeps the digits of wide kernels.
func (r rows) rbf(share float64) ([]float64, error) {
	k, err := r.squares()
	if err != nil {
		return nil, err
	}
	median, err := infer.Quantile(upper(k, r.n), 0.5)
	if err != nil {
		return nil, err
	}
	if median <= rounding*float64(r.d) {
		return nil, fmt.Errorf("most samples are alike, their median distance is 0: %w", infer.ErrConstant)
	}
	gaussian(k, share*share*median)
	return k, nil
}

// gaussian turns squared distances into exp(-d / (2 width)) - 1.
func gaussian(k []float64, width float64) {
	for i, v := range k {
		k[i] = math.Expm1(-v / (2 * width))
	}
}

// kernelCKA returns the CKA of two n x n kernels over the samples kept; nil keeps all.
func kernelCKA(k, l []float64, n int, keep []int, biased bool) (float64, error) {
	h := kernelHSIC(k, l, n, keep, biased)
	return ratio(h[1], h[0], h[2])
}

// kernelHSIC returns HSIC of k with itself, of both, and of l with itself.
func kernelHSIC(k, l []float64, n int, keep []int, biased bool) []float64 {
	if keep == nil {
		keep = make([]int, n)
		for i := range keep {
			keep[i] = i
		}
	}
	m := len(keep)
	r, d, cross := make([]float64, 2*m), make([]float64, 2*m), make([]float64, 3)
	for p, i := range keep {
		d[p], d[m+p] = k[i*n+i], l[i*n+i]
		a, b := k[i*n:(i+1)*n], l[i*n:(i+1)*n]
		for _, j := range keep {
			if j == i {
				continue
			}
			u, v := a[j], b[j]
			r[p] += u
			r[m+p] += v
			cross[0] += u * u / 2
			cross[1] += u * v / 2
			cross[2] += v * v / 2
		}
	}
	return hsic(cross, r, d, 2, m, biased).hsic
}
