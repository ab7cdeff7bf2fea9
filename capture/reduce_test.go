package capture

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

func counting(shape ...int) tensor.Tensor {
	x := tensor.New(tensor.Float32, shape...)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i)
	}
	return x
}

// Two samples of two units at three positions, as maps [n, unit, position] and as tokens
// [n, position, unit]; every reduction worked out by hand.
func TestReductions(t *testing.T) {
	maps, tokens := counting(2, 2, 3), counting(2, 3, 2)
	mask := []bool{true, false, true, false, true, false}
	hashes := []uint64{4, 5} // positions 1 and 2
	for _, c := range []struct {
		name string
		x    tensor.Tensor
		axis int
		by   Reduction
		want []float32
	}{
		{"maps mean", maps, 1, Mean, []float32{1, 4, 7, 10}},
		{"maps spot", maps, 1, Spot, []float32{1, 4, 8, 11}},
		{"maps flat", maps, 1, Flat, maps.Float32s()},
		{"tokens mean", tokens, 2, Mean, []float32{2, 3, 8, 9}},
		{"tokens first", tokens, 2, ClassToken, []float32{0, 1, 6, 7}},
		{"tokens last", tokens, 2, LastToken, []float32{4, 5, 10, 11}},
		{"tokens spot", tokens, 2, Spot, []float32{2, 3, 10, 11}},
		{"tokens masked", tokens, 2, MaskedMean, []float32{2, 3, 8, 9}},
	} {
		got, err := Reduce(c.x, c.axis, c.by, mask, hashes)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

func TestReduceGivesReasons(t *testing.T) {
	x := counting(2, 3, 2)
	for name, by := range map[string]Reduction{"no such form": "median", "mask too short": MaskedMean, "hashes too few": Spot} {
		if got, err := Reduce(x, 2, by, []bool{true}, []uint64{1}); err == nil {
			t.Errorf("%s: %v, want an error", name, got)
		}
	}
	if _, err := Reduce(counting(2, 3, 4, 5), 2, Mean, nil, nil); err == nil {
		t.Error("units in the middle were taken")
	}
}

// The mean over positions is summed in float64: 1e8 + 1 would lose the 1 in float32.
func TestMeanKeepsSmallValues(t *testing.T) {
	x := tensor.Of([]float32{1e8, 1, -1e8}, 1, 1, 3)
	got, err := Reduce(x, 1, Mean, nil, nil)
	if err != nil || math.Abs(float64(got[0])-1.0/3) > 1e-6 {
		t.Fatalf("%v, %v; want 1/3", got, err)
	}
}

func TestMemoryRefusesWhatDoesNotFit(t *testing.T) {
	m := NewMemory()
	q := Request{View: View{Split: "val"}, Site: Site{Layer: "fc1", Of: "activation"}}
	if _, err := All(m.Table(q)); err == nil {
		t.Error("rows that were not kept were given")
	}
	if err := m.Create(q, 4, 2); err != nil {
		t.Fatal(err)
	}
	if err := m.Create(q, 5, 2); err == nil {
		t.Error("rows of another size took the place of kept ones")
	}
	if err := m.Put(q, 3, []float32{1, 2, 3, 4}); err == nil {
		t.Error("rows beyond the end were put")
	}
	if err := m.Put(q, 2, []float32{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if x, err := All(m.Table(q)); err != nil || !slices.Equal(x.Row(3), []float32{3, 4}) {
		t.Fatalf("%v, %v", x, err)
	}
}
