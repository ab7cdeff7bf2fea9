package divergence

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// exactPaths is the most products of sample sizes for which KS counts paths.
const exactPaths = 1 << 24

// KS returns the largest distance D between the empirical distributions of two samples, 0 to 1, and its
// two-sided p: exact for values without ties by counting lattice paths (Hodges 1958) up to 4,096
// x 4,096, Kolmogorov's limit above (Smirnov 1948). Ties make p too large, never too small.
func KS(a, b []float64) (d, p float64, err error) {
	if len(a) < 1 || len(b) < 1 {
		return 0, 0, fmt.Errorf("%d and %d values, want at least 1: %w", len(a), len(b), infer.ErrTooFew)
	}
	pool, err := pool(a, b)
	if err != nil {
		return 0, 0, err
	}
	n, m := len(a), len(b)
	i, j, at, most := 0, 0, 0, 0 // most is n m D, a whole number
	for _, end := range pool.ends {
		for ; at < end; at++ {
			if pool.first[at] {
				i++
			} else {
				j++
			}
		}
		most = max(most, i*m-j*n, j*n-i*m)
	}
	d = float64(most) / float64(n*m)
	if n*m > exactPaths {
		return d, kolmogorovTail(d * math.Sqrt(float64(n)*float64(m)/float64(n+m))), nil
	}
	return d, outside(n, m, most), nil
}

// outside returns the probability that a random path of n steps right and m up reaches |i m - j n| >= most:
// each cell is the chance that a path through it has done so.
func outside(n, m, most int) float64 {
	if most == 0 {
		return 1
	}
	hit := make([]float64, m+1) // per j, for the current i
	for i := range n + 1 {
		for j := range m + 1 {
			if v := i*m - j*n; v >= most || -v >= most {
				hit[j] = 1
				continue
			}
			switch {
			case i == 0 && j == 0:
				hit[0] = 0
			case i == 0:
				hit[j] = hit[j-1]
			case j > 0: // of the paths to (i, j) i/(i+j) came from the left
				hit[j] = (float64(i)*hit[j] + float64(j)*hit[j-1]) / float64(i+j)
			}
		}
	}
	return math.Min(1, hit[m])
}

// kolmogorovTail returns P(K >= x) of Kolmogorov's distribution.
func kolmogorovTail(x float64) float64 {
	if x < 0.2 {
		return 1 // but for 1e-12
	}
	var s float64
	for k := 1; k <= 100; k++ {
		term := math.Exp(-2 * float64(k) * float64(k) * x * x)
		if k%2 == 0 {
			term = -term
		}
		if s += term; math.Abs(term) < 1e-17 {
			break
		}
	}
	return math.Max(0, math.Min(1, 2*s))
}
