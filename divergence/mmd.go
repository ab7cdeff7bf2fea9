package divergence

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// MMDOptions sets a maximum mean discrepancy; the zero value is the default.
type MMDOptions struct {
	Width float64 // of exp(-|x-y|^2 / (2 Width^2)); 0: the median distance of the pooled rows
	Draws int     // permutations of the labels; 0: 999
	Seed  uint64
}

// A Discrepancy is the squared maximum mean discrepancy of two samples of rows.
type Discrepancy struct {
	Unbiased float64 // may be below 0 (Gretton et al. 2012, eq. 3)
	Biased   float64 // 0 or more (eq. 5)
	P        float64 // of no difference, by permutation, exact for exchangeable samples
	Width    float64
}

// MMD compares rows of d values, n and m of them. It ignores rotation and offset, and the scale where the
// width is the median. The cost is (n+m)^2 (d + draws).
func MMD(x, y []float32, d int, opt MMDOptions) (Discrepancy, error) {
	if d < 1 || len(x)%d != 0 || len(y)%d != 0 || opt.Draws < 0 || !(opt.Width >= 0) || math.IsInf(opt.Width, 1) {
		return Discrepancy{}, fmt.Errorf("%d and %d values in rows of %d, kernel of width %v, %d permutations: %w",
			len(x), len(y), d, opt.Width, opt.Draws, infer.ErrRange)
	}
	n, m := len(x)/d, len(y)/d
	if min(n, m) < 2 {
		return Discrepancy{}, fmt.Errorf("%d and %d rows, want at least 2: %w", n, m, infer.ErrTooFew)
	}
	square, err := squares(slices.Concat(x, y), d)
	if err != nil {
		return Discrepancy{}, err
	}
	out := Discrepancy{Width: opt.Width}
	if out.Width == 0 {
		if out.Width, err = medianOf(square, n+m); err != nil {
			return Discrepancy{}, err
		}
	}
	for i, v := range square {
		square[i] = math.Exp(-v / (2 * out.Width * out.Width))
	}
	first := make([]bool, n+m)
	for i := range n {
		first[i] = true
	}
	out.Unbiased, out.Biased = discrepancy(square, first, n, m)
	draws := opt.Draws
	if draws == 0 {
		draws = 999
	}
	r, extreme := infer.Rand(opt.Seed, "divergence", "mmd"), 0
	for range draws {
		r.Shuffle(n+m, func(i, j int) { first[i], first[j] = first[j], first[i] })
		if v, _ := discrepancy(square, first, n, m); v >= out.Unbiased-1e-12 {
			extreme++
		}
	}
	out.P, err = infer.PermutationP(extreme, draws)
	return out, err
}

// discrepancy combines the sums of kernel values within and between both samples.
func discrepancy(k []float64, first []bool, n, m int) (unbiased, biased float64) {
	size := n + m
	var xx, yy, xy float64
	for i := range size {
		var same, other float64
		for j, v := range k[i*size : i*size+i] {
			if first[j] == first[i] {
				same += v
			} else {
				other += v
			}
		}
		if xy += other; first[i] {
			xx += same
		} else {
			yy += same
		}
	}
	a, b := float64(n), float64(m)
	cross := 2 * xy / (a * b)
	return 2*xx/(a*(a-1)) + 2*yy/(b*(b-1)) - cross, (2*xx+a)/(a*a) + (2*yy+b)/(b*b) - cross
}

func squares(v []float32, d int) ([]float64, error) {
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("row %d value %d is %v: %w", i/d, i%d, x, infer.ErrNotFinite)
		}
	}
	n := len(v) / d
	k := make([]float64, n*n)
	for i := range n {
		a := v[i*d : (i+1)*d]
		for j := range i {
			var s float64
			for u, x := range v[j*d : (j+1)*d] {
				t := float64(a[u]) - float64(x)
				s += t * t
			}
			k[i*n+j], k[j*n+i] = s, s
		}
	}
	return k, nil
}

func medianOf(square []float64, n int) (float64, error) {
	var all []float64
	for i := range n {
		all = append(all, square[i*n:i*n+i]...)
	}
	median, err := infer.Quantile(all, 0.5)
	if err == nil && median == 0 {
		err = fmt.Errorf("most rows are alike, their median distance is 0: %w", infer.ErrConstant)
	}
	return math.Sqrt(median), err
}
