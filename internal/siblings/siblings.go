// Package siblings trains small networks of one architecture from different seeds, in a second each. It is for tests that
// need a population of healthy networks.
package siblings

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/stratascope/stratascope/dataset/npz"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/export"
	"github.com/stratascope/stratascope/internal/culprit"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// epochs of a training: as many as it takes to know the classes of images held out.
const epochs = 20

// Train returns the sibling of a seed: a perceptron of six hidden layers, fc1 to fc6, that has learnt the training images of
// an npz file.
func Train(ctx context.Context, data string, seed uint64) (*graph.Graph, error) {
	f, err := os.Open(data)
	if err != nil {
		return nil, err
	}
	z, err := npz.Open(f)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	x, err := values(z, "x_train")
	if err != nil {
		return nil, err
	}
	y, err := values(z, "y_train")
	if err != nil {
		return nil, err
	}
	m := culprit.Images{Pixels: make([]float32, len(x)), Labels: make([]int32, len(y))}
	for i, v := range x {
		m.Pixels[i] = float32(v) / 255
	}
	for i, v := range y {
		m.Labels[i] = int32(v)
	}
	return culprit.Train(ctx, culprit.Architectures()[0], seed, m, epochs)
}

func values(z *npz.File, name string) ([]uint8, error) {
	a, err := z.Array(name)
	if err != nil {
		return nil, err
	}
	if a == nil || a.DType() != tensor.Uint8 {
		return nil, fmt.Errorf("no array %s of uint8", name)
	}
	t, err := a.Tensor()
	if err != nil {
		return nil, err
	}
	return append([]uint8(nil), tensor.Data[uint8](t)...), nil
}

// Cut leaves four directions of a layer's weight.
func Cut(g *graph.Graph, layer string) (*graph.Graph, error) {
	for _, d := range culprit.Damages() {
		if d.Name == "rank-cut" {
			return d.Apply(g, nil, nil, layer, 1)
		}
	}
	return nil, errors.New("no such damage")
}

// Write writes a network as an ONNX file.
func Write(g *graph.Graph, path string) error {
	m, err := export.Model(g, g.Outputs, export.Options{})
	if err != nil {
		return err
	}
	return m.WriteFile(path, onnx.WriteOptions{})
}
