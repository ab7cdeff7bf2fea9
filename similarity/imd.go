package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

const (
	imdNeighbours = 5
	imdTimes      = 256
)

// IMD returns the intrinsic multi-scale distance of two layers (Tsitsulin et al. 2020),
//
//	max over t of exp(-2(t + 1/t)) |tr e^(-t L_x) - tr e^(-t L_y)| / n,
//
// with the normalised Laplacian L of each layer's binary graph of 5 nearest neighbours, made symmetric, at 256
// times from 0.1 to 10; without the factor 1e6 of its authors' code. 0 is alike, some 1e-3 unlike. The
// samples need not correspond, but must be as many, and it depends on how many. It ignores rotation, scale
// and offset, and the order of samples where no distances tie. Eigenvalues are exact: n^2 d + n^3.
func IMD(x, y Matrix) (float64, error) {
	a, b, err := two(framed, x, y)
	if err != nil {
		return 0, err
	}
	if a.n <= imdNeighbours {
		return 0, fmt.Errorf("%d samples, want at least %d: %w", a.n, imdNeighbours+1, infer.ErrTooFew)
	}
	ha, err := a.heat()
	if err != nil {
		return 0, fmt.Errorf("first layer: %w", err)
	}
	hb, err := b.heat()
	if err != nil {
		return 0, fmt.Errorf("second layer: %w", err)
	}
	var most float64
	for i := range ha {
		t := imdTime(i)
		most = math.Max(most, math.Exp(-2*(t+1/t))*math.Abs(ha[i]-hb[i])/float64(a.n))
	}
	return most, nil
}

func imdTime(i int) float64 { return math.Pow(10, 2*float64(i)/(imdTimes-1)-1) }

// heat returns tr e^(-t L) at all times.
func (r rows) heat() ([]float64, error) {
	l, err := r.laplacian()
	if err != nil {
		return nil, err
	}
	values, _, err := linalg.EigenSym(1, l, r.n, false)
	if err != nil {
		return nil, err
	}
	h := make([]float64, imdTimes)
	for i := range h {
		t := imdTime(i)
		for _, v := range values {
			h[i] += math.Exp(-t * v)
		}
	}
	return h, nil
}

// laplacian returns I - D^(-1/2) A D^(-1/2); A joins samples of which one is among the other's nearest
// neighbours, the first of equally near ones.
func (r rows) laplacian() ([]float64, error) {
	square, err := r.squares()
	if err != nil {
		return nil, err
	}
	n := r.n
	a, degree := make([]float64, n*n), make([]float64, n)
	var near [imdNeighbours]int
	for i := range n {
		row := square[i*n : (i+1)*n]
		found := 0
		for j := range n {
			if j == i || found == imdNeighbours && row[j] >= row[near[found-1]] {
				continue
			}
			found = min(found+1, imdNeighbours)
			at := found - 1
			for ; at > 0 && row[near[at-1]] > row[j]; at-- {
				near[at] = near[at-1]
			}
			near[at] = j
		}
		for _, j := range near {
			a[i*n+j], a[j*n+i] = 1, 1
		}
	}
	for i := range n {
		degree[i] = infer.Total(a[i*n : (i+1)*n])
	}
	for i := range n {
		for j := range n {
			a[i*n+j] = -a[i*n+j] / math.Sqrt(degree[i]*degree[j])
		}
		a[i*n+i] = 1
	}
	return a, nil
}
