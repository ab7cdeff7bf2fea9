package tensor

import (
	"math"
	"testing"
)

func TestRowsShareAndKeepShape(t *testing.T) {
	x := Of([]float32{1, 2, 3, 4, 5, 6}, 3, 2)
	r := x.Rows(1, 3)
	if r.Dim(0) != 2 || r.Dim(-1) != 2 || r.Float32s()[0] != 3 {
		t.Fatalf("rows 1:3 = %v %v", r, r.Float32s())
	}
	x.Float32s()[2] = 9
	if r.Float32s()[0] != 9 {
		t.Fatal("rows do not share their elements")
	}
	if c := r.Clone(); &c.Float32s()[0] == &r.Float32s()[0] {
		t.Fatal("a clone shares its elements")
	}
}

func TestCountRefusesOverflowAndNegatives(t *testing.T) {
	for _, shape := range [][]int{{-1}, {math.MaxInt, 2}, {1 << 31, 1 << 31, 1 << 31}} {
		if n, err := Count(shape); err == nil {
			t.Errorf("Count(%v) = %d, want an error", shape, n)
		}
	}
	if n, err := Count(nil); n != 1 || err != nil {
		t.Errorf("a scalar has %d elements, %v", n, err)
	}
}

func TestWrongElementTypePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("float64 elements of a float32 tensor were given")
		}
	}()
	_ = New(Float32, 2).Float64s()
}

func TestNewHoldsEveryType(t *testing.T) {
	for d := Float32; d <= String; d++ {
		x := New(d, 2, 3)
		if x.Len() != 6 || x.DType() != d || x.Rows(1, 2).Len() != 3 || x.Clone().Len() != 6 {
			t.Errorf("%v: %v", d, x)
		}
	}
}
