package cluster

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stratascope/stratascope/linalg"
)

// reference holds what scikit-learn, SciPy and ruptures say; testdata/reference.py made it.
type reference struct {
	Points struct {
		N, D  int
		X     []float32
		Truth []int
	}
	KMeans struct {
		Starts  [][]int
		Inertia []float64
		Labels  [][]int
		Best    float64
	}
	Spherical struct {
		Inertia []float64
		Labels  [][]int
	}
	Cosine struct {
		Raw, Centred, Mean, Units, Correlation []float64
	}
	Silhouette []struct {
		Labels []int
		Widths []float64
		Mean   float64
	}
	Agreement []struct {
		A, B          []int
		ARI, AMI, NMI float64
	}
	Spectral struct {
		Neighbours int
		Labels     []int
		Values     []float64
		Largest    float64
	}
	Trees struct {
		N                       int
		Dist                    []float64
		Average, Complete, Ward struct {
			Heights    []float64
			Cuts       map[string][]int
			Silhouette float64
		}
	}
	Changes struct {
		N         int
		Gram      []float64
		Ends      [][]int
		Scatter   []float64
		Penalised map[string][]int
	}
}

func load(t *testing.T) reference {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Points.X) == 0 || len(r.KMeans.Starts) == 0 || len(r.Silhouette) == 0 || len(r.Agreement) == 0 || len(r.Changes.Ends) == 0 {
		t.Fatal("reference.json lacks a part")
	}
	return r
}

func (r reference) points() Points { return Points{X: r.Points.X, N: r.Points.N, D: r.Points.D} }

func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, tol)
	}
}

func nearAll(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		within(t, what+" "+strconv.Itoa(i), got[i], want[i], tol)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// same compares partitions up to the numbers of their clusters.
func same(t *testing.T, what string, got, want []int) {
	t.Helper()
	want, _ = inOrder(want)
	if got, _ = inOrder(got); !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// startAt makes runs from the points named.
func startAt(p Points, starts ...[]int) []*run {
	runs := make([]*run, len(starts))
	for r, s := range starts {
		runs[r] = &run{}
		for _, i := range s {
			for _, v := range p.row(i) {
				runs[r].centres = append(runs[r].centres, float64(v))
			}
		}
	}
	return runs
}

func TestKMeansAsScikitLearn(t *testing.T) {
	r := load(t)
	p, least := r.points(), math.Inf(1)
	for i, s := range r.KMeans.Starts {
		got := must(kMeans(t.Context(), 2, p, len(s), KMeansOptions{}, startAt(p, s)))
		within(t, "inertia", got.Inertia/r.KMeans.Inertia[i], 1, 1e-12)
		same(t, "k-means", got.Labels, r.KMeans.Labels[i])
		if !got.Rest {
			t.Errorf("no rest after %d rounds", got.Rounds)
		}
		least = min(least, r.KMeans.Inertia[i])
	}
	got := must(kMeans(t.Context(), 2, p, 5, KMeansOptions{}, startAt(p, r.KMeans.Starts...)))
	within(t, "best of the same starts", got.Inertia/least, 1, 1e-12)
	got = must(KMeans(t.Context(), 2, p, 5, KMeansOptions{}))
	within(t, "best of own starts", got.Inertia/r.KMeans.Best, 1, 1e-6)
}

func TestSphericalAsWrittenOut(t *testing.T) {
	r := load(t)
	p := r.points()
	z, _, err := p.Directions(false)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.KMeans.Starts {
		got := must(kMeans(t.Context(), 2, p, len(s), KMeansOptions{Spherical: true}, startAt(z, s)))
		within(t, "inertia", got.Inertia/r.Spherical.Inertia[i], 1, 1e-6)
		same(t, "spherical k-means", got.Labels, r.Spherical.Labels[i])
	}
}

func TestCosineAsNumPy(t *testing.T) {
	r := load(t)
	p := r.points()
	for i, want := range [][]float64{r.Cosine.Raw, r.Cosine.Centred} {
		c := must(Cosine(2, p, i == 1))
		var corner []float64
		for k := range 5 {
			corner = append(corner, c.C[k*p.N:k*p.N+5]...)
		}
		nearAll(t, "cosine", corner, want, 2e-6)
		within(t, "mean cosine", must(MeanCosine(p, i == 1)), r.Cosine.Mean[i], 1e-7)
	}
	nearAll(t, "units", must(UnitCosine(2, p, false)).C, r.Cosine.Units, 2e-6)
	nearAll(t, "correlation", must(UnitCosine(2, p, true)).C, r.Cosine.Correlation, 2e-6)
}

// blobs are k groups of n points in all, their centres spread times as far apart as the points of a group.
func blobs(seed uint64, n, d, k int, spread float64) (Points, []int) {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = r.NormFloat64() * spread
	}
	p, labels := Points{X: make([]float32, n*d), N: n, D: d}, make([]int, n)
	for i := range labels {
		labels[i] = r.IntN(k)
		for j := range d {
			p.X[i*d+j] = float32(centres[labels[i]*d+j] + r.NormFloat64())
		}
	}
	return p, labels
}

// largest are the eigenvalues of a symmetric matrix, falling.
func largest(t *testing.T, a []float64, n int) []float64 {
	t.Helper()
	values, _, err := linalg.EigenSym(2, a, n, false)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
