package capture

import (
	"errors"
	"slices"
	"testing"
)

func numbers(n, d int) Matrix {
	m := Matrix{X: make([]float32, n*d), N: n, D: d}
	for i := range m.X {
		m.X[i] = float32(i)
	}
	return m
}

func TestTableReadsTheRowsNamed(t *testing.T) {
	table := numbers(5, 2).Table()
	got := make([]float32, 6)
	if err := table.Gather(got, []int{4, 0, 4}); err != nil || !slices.Equal(got, []float32{8, 9, 0, 1, 8, 9}) {
		t.Errorf("%v, %v, want rows 4, 0, 4", got, err)
	}
	part, err := All(table.Select([]int{3, 1}), nil)
	if err != nil || !slices.Equal(part.X, []float32{6, 7, 2, 3}) {
		t.Errorf("%v, %v, want rows 3 and 1", part.X, err)
	}
	for _, rows := range [][]int{{5}, {-1}, {0, 1}} {
		if err := table.Gather(make([]float32, 2), rows); err == nil {
			t.Errorf("rows %v of 5 were read into room for one", rows)
		}
	}
}

func TestStripsShowEveryRowOnce(t *testing.T) {
	for _, n := range []int{0, 1, Strip, 2*Strip + 3} {
		want := numbers(n, 3)
		var got []float32
		err := want.Table().Strips(func(first int, x Matrix) error {
			if first*3 != len(got) || x.N > Strip {
				t.Errorf("%d rows from %d after %d", x.N, first, len(got)/3)
			}
			got = append(got, x.X...)
			return nil
		})
		if err != nil || !slices.Equal(got, want.X) {
			t.Errorf("%d rows: %d values, %v", n, len(got), err)
		}
	}
	stop := errors.New("stop")
	seen := 0
	if err := numbers(3*Strip, 1).Table().Strips(func(int, Matrix) error { seen++; return stop }); err != stop || seen != 1 {
		t.Errorf("%v after %d strips, want the visit's error after the first", err, seen)
	}
}
