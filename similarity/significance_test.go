package similarity

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// A nominal 5 % test rejects 5 % of unrelated layers, within 99.9 % of the binomial, and finds related
// ones. Mutual k-NN has few values, of which equal ones count against the relation: it may reject less.
func TestSignificanceKeepsItsLevel(t *testing.T) {
	negative := func(d func(x, y Matrix) (float64, error)) func(x, y Matrix) (float64, error) {
		return func(x, y Matrix) (float64, error) { v, err := d(x, y); return -v, err }
	}
	related := layers(20, []int{3, 4}, "plain")
	for name, c := range map[string]struct {
		of    func(x, y Matrix) (float64, error)
		least int
	}{
		"shape": {negative(ShapeDistance), 5}, "k-NN": {func(x, y Matrix) (float64, error) { return MutualKNN(x, y, 4) }, 2},
		"RSA": {func(x, y Matrix) (float64, error) { return RSA(x, y, Euclid) }, 5}, "CCA": {meanCCA, 5},
	} {
		rejected := 0
		for s := range uint64(300) {
			xs := noise(s, 15, 3, 4)
			if must(Significance(t.Context(), 2, xs[0], xs[1], 39, s, c.of)) <= 0.05 {
				rejected++
			}
		}
		if rejected < c.least || rejected > 29 {
			t.Errorf("%s: %d of 300 unrelated pairs rejected at 5 %%", name, rejected)
		}
		if p := must(Significance(t.Context(), 2, related[0], related[1], 199, 1, c.of)); p > 0.05 {
			t.Errorf("%s: p of related layers is %v", name, p)
		}
	}
	if _, err := Significance(t.Context(), 1, related[0], related[1], -1, 1, RV); !errors.Is(err, infer.ErrRange) {
		t.Errorf("-1 permutations: %v", err)
	}
	if _, err := Significance(t.Context(), 1, related[0], part(related[1], 0, 9), 9, 1, RV); !errors.Is(err, infer.ErrRange) {
		t.Errorf("unlike counts: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Significance(ctx, 1, related[0], related[1], 9, 1, RV); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// Rows that lie elsewhere give the same bits, and more than GramSamples are refused where n x n numbers are needed.
func TestMeasuresReadStoredRowsAndRefuseTooMany(t *testing.T) {
	xs := layers(90, []int{5, 6}, "plain")
	stored := make([]Matrix, 2)
	for l, m := range xs {
		stored[l] = Stored(m.N, m.D, func(dst []float32, rows []int) error {
			for k, i := range rows {
				copy(dst[k*m.D:(k+1)*m.D], m.row(i))
			}
			return nil
		})
	}
	many := gaussian32(1, GramSamples+1, 1)
	var refused []string
	for name, m := range measures {
		if name == "residual" || name == "deconfounded" { // need the third layer, or are tested below
			continue
		}
		if got, want := must(m.of(stored[0], stored[1])), must(m.of(xs[0], xs[1])); got != want {
			t.Errorf("%s of stored rows is %v, want %v", name, got, want)
		}
	}
	for _, name := range []string{"RBF", "RSA", "RSATau", "kNN", "IMD"} {
		if _, err := measures[name].of(many, many); errors.Is(err, infer.ErrRange) {
			refused = append(refused, name)
		}
	}
	if len(refused) != 5 {
		t.Errorf("%v refuse %d samples, want five measures", refused, many.N)
	}
	near(t, "rotation of stored rows", must(residual(stored[0], stored[1])), must(residual(xs[0], xs[1])), 0)
	near(t, "trimmed stored rows", must(Trimmed(stored[0], stored[1], 0, Debiased)), must(Trimmed(xs[0], xs[1], 0, Debiased)), 0)
	if !slices.Equal(must(Permutation(t.Context(), 1, stored, PermutationOptions{})).P, must(Permutation(t.Context(), 1, xs, PermutationOptions{})).P) {
		t.Error("permutation tests of stored rows have other values")
	}
}
