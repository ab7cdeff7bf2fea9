package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of a matrix of known singular values the columns are orthonormal and hold the largest ones' directions: what is left of
// the matrix beside them is not more than the values that follow, plus float32's rounding.
func TestRandomRange(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	const n, d, rank, w = 120, 80, 12, 10
	left, right := make([]float32, n*rank), make([]float32, d*rank)
	for i := range left {
		left[i] = float32(r.NormFloat64())
	}
	for i := range right {
		right[i] = float32(r.NormFloat64())
	}
	u, k := Orthonormal(left, n, rank)
	v, q := Orthonormal(right, d, rank)
	if k != rank || q != rank {
		t.Fatalf("%d and %d columns, want %d", k, q, rank)
	}
	sizes := func(i int) float64 { return math.Pow(1.5, -float64(i)) }
	for i := range u {
		u[i] *= float32(sizes(i % rank))
	}
	x := Mul32(1, false, true, n, d, rank, u, v)
	y, got := RandomRange(x, n, d, w, rand.New(rand.NewPCG(1, 2)))
	if got != w {
		t.Fatalf("%d columns, want %d", got, w)
	}
	for i, p := range Mul32(1, true, false, w, w, n, y, y) {
		if math.Abs(float64(p)-float64(btoi(i/w == i%w))) > 1e-5 {
			t.Fatalf("columns %d and %d have product %v", i/w, i%w, p)
		}
	}
	var rest float64
	inside := Mul32(1, false, false, n, d, w, y, Mul32(1, true, false, w, d, n, y, x))
	for i, p := range inside {
		rest += math.Pow(float64(x[i])-float64(p), 2)
	}
	if least := math.Hypot(sizes(rank-2), sizes(rank-1)); !(math.Sqrt(rest) <= 1.2*least) {
		t.Errorf("%.3g of the matrix is left, the best %d directions leave %.3g", math.Sqrt(rest), w, least)
	}
	// Fewer columns come back where there are fewer directions.
	if _, got := RandomRange(make([]float32, n*d), n, d, w, r); got > w {
		t.Errorf("%d columns of nothing", got)
	}
	flat := make([]float32, n*d)
	for i := range flat {
		flat[i] = float32(i/d%3 + 1)
	}
	if _, got := RandomRange(flat, n, d, w, r); got != 1 {
		t.Errorf("%d columns of a matrix of rank 1", got)
	}
}
