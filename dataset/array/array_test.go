package array

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stratascope/stratascope/dataset/mapped"
)

// NumPy's halves, all of them: the sum of value times bit pattern over the finite ones.
func TestHalfAgreesWithNumPy(t *testing.T) {
	data, err := os.ReadFile("testdata/halves.json")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	if err := json.Unmarshal(data, &want); err != nil || len(want) != 1 {
		t.Fatal(err, want)
	}
	var sum float64
	for h := range 65536 {
		if v := float64(Half(uint16(h))); !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum += v * float64(h)
		}
	}
	for _, w := range want {
		if math.Abs(sum-w) > 1e-9*math.Abs(w) {
			t.Errorf("sum %v, NumPy's %v", sum, w)
		}
	}
	for h, want := range map[uint16]float32{0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: 1.0 / (1 << 24), 0x0400: 1.0 / (1 << 14)} {
		if got := Half(h); got != want {
			t.Errorf("half %#x = %v, want %v", h, got, want)
		}
	}
	if !math.IsInf(float64(Half(0xfc00)), -1) || !math.IsNaN(float64(Half(0x7e00))) || math.Signbit(float64(Half(0x8000))) != true {
		t.Error("infinity, NaN or the negative zero")
	}
}

func TestBFloat16KeptAsUint16(t *testing.T) {
	a, err := New(mapped.FromBytes("x", []byte{0x80, 0x3f, 0x40, 0xc0}), Layout{Elem: Uint16, Shape: []int{2}})
	if err != nil {
		t.Fatal(err)
	}
	if a, err = a.As(BFloat16); err != nil {
		t.Fatal(err)
	}
	if x, err := a.Tensor(); err != nil || x.Float32s()[0] != 1 || x.Float32s()[1] != -3 {
		t.Errorf("%v, %v, want 1 and -3", x, err)
	}
	if _, err := a.As(Float32); err == nil {
		t.Error("two bytes were read as four")
	}
}

func TestNewChecksPlaces(t *testing.T) {
	m := mapped.FromBytes("x", make([]byte, 16))
	for name, l := range map[string]Layout{
		"past the end":    {Elem: Float32, Shape: []int{4}, Offset: 4},
		"before it":       {Elem: Float32, Shape: []int{1}, Offset: -4},
		"far offset":      {Elem: Float32, Shape: []int{0}, Offset: 17},
		"unknown element": {Elem: 99, Shape: []int{1}},
		"overflow":        {Elem: Float64, Shape: []int{math.MaxInt / 8, 8}},
	} {
		if _, err := New(m, l); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
