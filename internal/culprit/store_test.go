package culprit

import (
	"maps"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// Weights that were kept are those that were trained, bit by bit, and are not trained again.
func TestNetworksAreKept(t *testing.T) {
	data := Images{Pixels: make([]float32, 64*side*side), Labels: make([]int32, 64)}
	for i := range data.Pixels {
		data.Pixels[i] = float32(i%13) / 13
	}
	for i := range data.Labels {
		data.Labels[i] = int32(i % classes)
	}
	o := Options{Train: data, Epochs: 1, Networks: t.TempDir()}
	a := Architectures()[0]
	first, err := o.network(t.Context(), a, 1, "fc2.weight")
	if err != nil {
		t.Fatal(err)
	}
	o.Train.Labels = make([]int32, 64) // another training would end elsewhere
	again, err := o.network(t.Context(), a, 1, "fc2.weight")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(first.Weights)) {
		if w := first.Weights[name]; w.DType() == tensor.Float32 && !slices.Equal(w.Float32s(), again.Weights[name].Float32s()) {
			t.Errorf("weight %s is another", name)
		}
	}
	other, err := o.network(t.Context(), a, 1)
	if err != nil || slices.Equal(other.Weights["fc3.weight"].Float32s(), first.Weights["fc3.weight"].Float32s()) {
		t.Errorf("a network with nothing frozen is that with a frozen layer (%v)", err)
	}
}
