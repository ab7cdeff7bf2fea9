package similarity

import (
	"context"
	"slices"
	"testing"
)

// A panic of any piece of work reaches the caller, and those that wait for it in the turnstile are let go.
func TestPanicsReachTheCaller(t *testing.T) {
	for _, workers := range []int{1, 4} {
		for _, late := range []bool{false, true} {
			var sum []int
			got := func() (r any) {
				defer func() { r = recover() }()
				turn := newTurnstile()
				_ = each(context.Background(), workers, 20, func(i int) {
					fault := func(now bool) {
						if i == 3 && now {
							panic("mine")
						}
					}
					turn.pass(i, func() { fault(!late) }, func() { fault(late); sum = append(sum, i) })
				})
				return nil
			}()
			if got != "mine" || !slices.Equal(sum, []int{0, 1, 2}[:len(sum)]) {
				t.Errorf("%d workers: the caller sees %v, added %v", workers, got, sum)
			}
		}
	}
}
