package train_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// A split of a data set is fed as arrays are.
func TestSet(t *testing.T) {
	s, err := dataset.Open("../internal/golden/testdata/healthy/data.npz", dataset.Options{
		Inputs: []dataset.Input{{Name: "input", Shape: []int{-1, 1, 28, 28}, DType: tensor.Float32}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	set, arrays := train.Split(s, dataset.Train), garments(t)
	if set.Len() != 600 {
		t.Fatalf("%d samples, want 600", set.Len())
	}
	rows := []int{7, 0, 599}
	got, err := set.Batch(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := arrays.Batch(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	if d := apart(got["input"].Float32s(), want["input"].Float32s()); d > 1e-7 {
		t.Errorf("inputs are %g apart", d)
	}
	for i, y := range tensor.Data[uint8](want["label"]) {
		if got["label"].Int64s()[i] != int64(y) {
			t.Errorf("label %v, want %v", got["label"].Int64s()[i], y)
		}
	}
}

// Each epoch takes every sample once, in another order; one that is dropped is as long as the others.
func TestOrder(t *testing.T) {
	var seen []int
	data := reading{movableRows(10), &seen}
	g, _ := movable(tensor.Of([]float32{1}, 1, 1))
	g.Inputs[0].Shape[0].Size = -1
	g.Inputs[0].Shape[0].Param = "batch"
	o := train.Options{Losses: []train.Term{{Loss: train.Mean{}}}, Trained: []string{"w"}, Schedule: train.Constant(0), Batch: 4, Epochs: 2}
	if r := trained(t, g, data, o); r.Steps != 6 {
		t.Errorf("%d steps, want 6", r.Steps)
	}
	first, second := seen[4:14], seen[14:24] // the first batch is read once more to see what it holds
	if slices.Equal(first, second) || !slices.Equal(slices.Sorted(slices.Values(first)), upTo(10)) || !slices.Equal(slices.Sorted(slices.Values(second)), upTo(10)) {
		t.Errorf("epochs %v and %v", first, second)
	}
	o.DropLast, seen = true, nil
	if r := trained(t, g, data, o); r.Steps != 4 || len(seen) != 4+16 {
		t.Errorf("%d steps of %d samples, want 4 of 16", r.Steps, len(seen)-4)
	}
}

// Orders and fields that do not fit are said in one line.
func TestOrderRefuses(t *testing.T) {
	g, _ := movable(tensor.Of([]float32{1}, 1, 1))
	o := train.Options{Losses: []train.Term{{Loss: train.Mean{}}}, Trained: []string{"w"}, Schedule: train.Constant(0), Batch: 1, Epochs: 2}
	for want, order := range map[string]func(epoch, n int) []int{
		"epoch 2 has 1 samples, want as many as the first, 2": func(epoch, n int) []int { return upTo(2 - epoch) },
		"sample 7 of 2": func(int, int) []int { return []int{0, 7} },
	} {
		o.Order = order
		if _, err := train.Run(context.Background(), g, movableRows(2), o); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	data := movableRows(2)
	data["label"] = tensor.Scalar(int64(1))
	if _, err := data.Batch(context.Background(), nil); err == nil || err.Error() != `field "label" is int64[], want as many samples as in another, 0` {
		t.Error(err)
	}
}

func movableRows(n int) train.Tensors {
	return train.Tensors{"zero": tensor.New(tensor.Float32, n, 1)}
}

// reading notes which samples are read.
type reading struct {
	train.Tensors
	seen *[]int
}

func (r reading) Batch(ctx context.Context, samples []int) (map[string]tensor.Tensor, error) {
	*r.seen = append(*r.seen, samples...)
	return r.Tensors.Batch(ctx, samples)
}
