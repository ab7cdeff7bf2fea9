package cluster

import (
	"math/rand/v2"
	"testing"
)

// Of two pairs of points there are 3 ways to part 4 points into pairs, one of which is the same.
func TestAgreementPOfTwoPairs(t *testing.T) {
	within(t, "p", must(AgreementP(t.Context(), []int{0, 0, 1, 1}, []int{5, 5, 7, 7}, 20000, 1)), 1.0/3, 0.02)
}

// Independent partitions are called alike at the nominal rate: 1,000 draws, 5 % of them at 5 %.
func TestAgreementPUnderItsNull(t *testing.T) {
	r, rejected := rand.New(rand.NewPCG(1, 2)), 0
	for i := range 1000 {
		a, b := make([]int, 200), make([]int, 200)
		for k := range a {
			a[k], b[k] = r.IntN(4), r.IntN(7)
		}
		if must(AgreementP(t.Context(), a, b, 199, uint64(i))) <= 0.05 {
			rejected++
		}
	}
	if rejected < 40 || rejected > 60 {
		t.Errorf("%d of 1000 are rejected, want 40 to 60", rejected)
	}
}
