package cluster

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// TV-03 of METHODS 15.
func TestAgreementVector(t *testing.T) {
	a, b := []int{0, 0, 1, 1}, []int{0, 0, 1, 2}
	within(t, "TV-03 ARI", must(AdjustedRand(a, b)), 0.571429, 1e-6)
	within(t, "TV-03 NMI", must(MutualInformation(a, b)), 0.8, 1e-12)
}

func TestAgreementAsScikitLearn(t *testing.T) {
	for _, c := range load(t).Agreement {
		within(t, "ARI", must(AdjustedRand(c.A, c.B)), c.ARI, 1e-9)
		within(t, "AMI", must(AdjustedMutualInformation(c.A, c.B)), c.AMI, 1e-9)
		within(t, "NMI", must(MutualInformation(c.A, c.B)), c.NMI, 1e-9)
		within(t, "ARI the other way", must(AdjustedRand(c.B, c.A)), c.ARI, 1e-9)
	}
}

// Independent partitions agree as chance does: the adjusted measures are 0 on average, the other is not.
func TestAgreementOfChance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var rand, information, plain float64
	const times = 300
	for range times {
		a, b := make([]int, 60), make([]int, 60)
		for i := range a {
			a[i], b[i] = r.IntN(4), -r.IntN(9)
		}
		rand += must(AdjustedRand(a, b)) / times
		information += must(AdjustedMutualInformation(a, b)) / times
		plain += must(MutualInformation(a, b)) / times
	}
	if math.Abs(rand) > 0.005 || math.Abs(information) > 0.01 || plain < 0.1 {
		t.Errorf("chance gives %v, %v and %v", rand, information, plain)
	}
}

func TestAgreementRefuses(t *testing.T) {
	for _, f := range []func(a, b []int) (float64, error){AdjustedRand, AdjustedMutualInformation, MutualInformation} {
		if _, err := f([]int{1}, []int{1}); !errors.Is(err, infer.ErrTooFew) {
			t.Errorf("one point: %v", err)
		}
		if _, err := f([]int{1, 2}, []int{1}); !errors.Is(err, infer.ErrRange) {
			t.Errorf("other lengths: %v", err)
		}
	}
}

func TestSilhouetteAsScikitLearn(t *testing.T) {
	r := load(t)
	var partitions [][]int
	for _, c := range r.Silhouette {
		partitions = append(partitions, c.Labels)
	}
	widths, mean, err := Silhouette(t.Context(), 2, r.points(), partitions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range r.Silhouette {
		nearAll(t, "silhouette", widths[i], c.Widths, 1e-9)
		within(t, "mean silhouette", mean[i], c.Mean, 1e-9)
	}
	one, _, err := Silhouette(t.Context(), 1, r.points(), partitions...)
	if err != nil || !reflect.DeepEqual(one, widths) {
		t.Errorf("other widths by one worker, %v", err)
	}
}

// Copies have distance 0 however far from the mean, and a point between two equal clusters has width 0.
func TestSilhouetteOfCopies(t *testing.T) {
	x := []float32{1e6, 3, 1e6, 3, -1e6, 4, -1e6, 4}
	w, mean, err := Silhouette(t.Context(), 1, Points{X: x, N: 4, D: 2}, []int{7, 7, -1, -1}, []int{0, 1, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "copies", w[0], []float64{1, 1, 1, 1}, 0)
	within(t, "copies apart", mean[1], -0.5, 1e-9)
	_, mean, err = Silhouette(t.Context(), 1, Points{X: make([]float32, 4), N: 4, D: 1}, []int{0, 0, 1, 1})
	if err != nil || mean[0] != 0 {
		t.Errorf("equal points: %v, %v, want 0", mean, err)
	}
}

func TestSilhouetteRefuses(t *testing.T) {
	p := Points{X: []float32{1, 2, 3}, N: 3, D: 1}
	for _, labels := range [][]int{{0, 0, 0}, {0, 1, 2}, {0, 1}} {
		if _, _, err := Silhouette(t.Context(), 1, p, labels); !errors.Is(err, infer.ErrRange) {
			t.Errorf("%v: %v", labels, err)
		}
	}
	for _, d := range [][]float64{{0, 1, 2, 0}, {1, 1, 1, 0}, {0, -1, -1, 0}, {0, 1}, {0, math.Inf(1), math.Inf(1), 0}} {
		if _, _, err := SilhouetteOf(t.Context(), 1, d, 2, []int{0, 1}); !errors.Is(err, infer.ErrRange) && !errors.Is(err, infer.ErrNotFinite) {
			t.Errorf("%v: %v", d, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Silhouette(ctx, 1, p, []int{0, 1, 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want canceled", err)
	}
}

// Labels far apart, negative and at the ends of int are numbered like any others.
func TestAgreementOfAnyLabels(t *testing.T) {
	a := []int{0, 0, 1, 1, 2, 2, 2, 1}
	b := []int{0, 1, 1, 1, 2, 2, 0, 1}
	want := must(AdjustedRand(a, b))
	information := must(AdjustedMutualInformation(a, b))
	for _, names := range [][]int{{-3, -1, 7}, {math.MinInt, 0, math.MaxInt}, {1 << 40, 2, -1 << 40}} {
		named := make([]int, len(a))
		for i, l := range a {
			named[i] = names[l]
		}
		within(t, "rand", must(AdjustedRand(named, b)), want, 0)
		within(t, "information", must(AdjustedMutualInformation(b, named)), information, 1e-15)
	}
}
