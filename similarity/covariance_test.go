package similarity

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/internal/kernel"
)

// Panels of the products of columns far from 0, and the columns' sums, give the products of centred columns on both
// sides of the diagonal.
func TestCentreSquare(t *testing.T) {
	const n, wide, side = 40, 3 * kernel.PanelRows, kernel.PanelRows
	r := rand.New(rand.NewPCG(11, 12))
	x, one := make([]float64, n*wide), make([]float32, wide)
	for i := range x {
		x[i] = float64(float32(r.NormFloat64() + float64(i%wide%5)))
		one[i%wide] += float32(x[i])
	}
	product := func(p, q int, meanP, meanQ float64) (sum float64) {
		for i := range n {
			sum += (x[i*wide+p] - meanP) * (x[i*wide+q] - meanQ)
		}
		return sum
	}
	triangle := make([]float32, wide*(wide+side)/2)
	for j := range wide / side {
		for i := range j + 1 {
			for k := range side * side {
				triangle[(j*(j+1)/2+i)*side*side+k] = float32(product(i*side+k/side, j*side+k%side, 0, 0))
			}
		}
	}
	square := make([]float32, wide*wide)
	centreSquare(square, triangle, one, n)
	for p := range wide {
		for q := range wide {
			want := product(p, q, float64(one[p])/n, float64(one[q])/n)
			if got := float64(square[p*wide+q]); math.Abs(got-want) > 1e-3 {
				t.Fatalf("columns %d and %d: %v, want %v", p, q, got, want)
			}
		}
	}
}
