package capture

import (
	"errors"
	"slices"
	"testing"
)

func TestSequenceReportsBlocksInOrder(t *testing.T) {
	var s Sequence
	var got []int
	done := func(b int) error { got = append(got, b); return nil }
	for _, b := range []struct {
		block int
		read  bool
		want  []int
	}{{2, true, nil}, {1, false, nil}, {0, true, []int{0, 2}}, {4, true, []int{0, 2}}, {3, true, []int{0, 2, 3, 4}}} {
		if err := s.End(b.block, b.read, done); err != nil || !slices.Equal(got, b.want) {
			t.Errorf("after block %d: %v, %v, want %v", b.block, got, err, b.want)
		}
	}
	stop := errors.New("stop")
	if err := s.End(5, true, func(int) error { return stop }); err != stop {
		t.Errorf("%v, want what done returned", err)
	}
}
