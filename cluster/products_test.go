package cluster

import (
	"slices"
	"testing"
)

// From scikit-learn's starts the products lead to its labels and inertia.
func TestProductsAsScikitLearn(t *testing.T) {
	r := load(t)
	for _, spherical := range []bool{false, true} {
		q := must(NewProducts(2, r.points(), spherical))
		for i, seeds := range r.KMeans.Starts {
			s := (&square{q.p.N, q.g, q.own, every(q.p.N), spherical}).start(seeds)
			if err := s.lloyd(t.Context()); err != nil || !s.rest {
				t.Fatalf("no rest after %d rounds: %v", s.rounds, err)
			}
			inertia, labels := r.KMeans.Inertia[i], r.KMeans.Labels[i]
			if spherical {
				inertia, labels = r.Spherical.Inertia[i], r.Spherical.Labels[i]
			}
			within(t, "inertia", s.inertia/inertia, 1, 1e-6) // directions are float32
			same(t, "k-means", s.labels, labels)
		}
	}
}

func every(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Some of the points are parted as they are alone, whatever the workers.
func TestProductsOfSome(t *testing.T) {
	p, _ := blobs(4, 300, 40, 5, 0.8)
	var rows []int
	for i := 0; i < p.N; i += 2 {
		rows = append(rows, i, i/4) // some twice
	}
	for _, spherical := range []bool{false, true} {
		opt := KMeansOptions{Starts: 3, Seed: 9, Spherical: spherical}
		want := must(KMeans(t.Context(), 1, p.Rows(rows), 5, opt)).Labels
		for _, workers := range []int{1, 4} {
			q := must(NewProducts(workers, p, spherical))
			if got := must(q.KMeans(t.Context(), workers, rows, 5, opt)); !slices.Equal(got, want) {
				t.Errorf("spherical %v, %d workers: %v, want %v", spherical, workers, got, want)
			}
		}
		way, other := *must(NewProducts(2, p, spherical)), must(NewProducts(2, p, spherical))
		other.g = nil // as for many points
		same(t, "the general way", must(way.KMeans(t.Context(), 2, nil, 5, opt)), must(other.KMeans(t.Context(), 2, nil, 5, opt)))
	}
}

// Points far nearer to each other than they are long are not told apart by products; equal ones do not matter.
func TestProductsOfNearPoints(t *testing.T) {
	p := Points{N: 90, D: 2}
	for i := range p.N {
		p.X = append(p.X, float32([]float64{-1, 1, 1.0001}[i%3])+float32(i/3)*1e-7, 0)
	}
	q := must(NewProducts(1, p, false))
	if q.g != nil {
		t.Error("products of near points are used")
	}
	same(t, "near", must(q.KMeans(t.Context(), 1, nil, 3, KMeansOptions{})), slices.Repeat([]int{0, 1, 2}, 30))
	p.X = slices.Repeat([]float32{1, 2, 3, 5, 8, 1}, 30)
	if q = must(NewProducts(1, p, false)); q.g == nil {
		t.Error("products of equal points are not used")
	}
	same(t, "equal", must(q.KMeans(t.Context(), 1, nil, 3, KMeansOptions{})), slices.Repeat([]int{0, 1, 2}, 30))
	if err := second(q.KMeans(t.Context(), 1, nil, 4, KMeansOptions{})); err == nil {
		t.Error("three points make four clusters")
	}
}

// BenchmarkProducts parts 20 halves of 400 points of 128 values.
func BenchmarkProducts(b *testing.B) {
	p, _ := blobs(1, 400, 128, 10, 0.2)
	rows := make([]int, 200)
	for i := range rows {
		rows[i] = 2 * i
	}
	for b.Loop() {
		q := must(NewProducts(1, p, true))
		for range 20 {
			must(q.KMeans(b.Context(), 1, rows, 10, KMeansOptions{Starts: 2}))
		}
	}
}
