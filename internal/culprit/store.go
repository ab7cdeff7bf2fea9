package culprit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// network trains a network with layers frozen, or reads the weights of an earlier run where those are kept.
func (o Options) network(ctx context.Context, a Architecture, seed uint64, frozen ...string) (*graph.Graph, error) {
	name := strings.Join(append([]string{fmt.Sprintf("%s-%d-%dx%d", a.Name, seed, o.Epochs, o.Train.Len())}, frozen...), "-")
	path := filepath.Join(o.Networks, name+".safetensors")
	if o.Networks != "" {
		g, err := read(path, a.New(seed))
		if !errors.Is(err, fs.ErrNotExist) {
			return g, err
		}
	}
	g, err := Train(ctx, a, seed, o.Train, o.Epochs, frozen...)
	if err != nil || o.Networks == "" {
		return g, err
	}
	return g, keep(path, g)
}

// read returns a network with the weights of a file.
func read(path string, g *graph.Graph) (*graph.Graph, error) {
	f, err := safetensors.OpenPath(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	weights := map[string]tensor.Tensor{}
	for _, name := range f.Names() {
		a, err := f.Array(name)
		if err != nil {
			return nil, err
		}
		t, err := a.Tensor()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		weights[name] = t.Clone()
	}
	return g.ReplaceWeights(weights)
}

// keep writes the real weights of a network.
func keep(path string, g *graph.Graph) error {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(g.Weights)) {
		if w := g.Weights[name]; w.DType() == tensor.Float32 && w.Rank() > 0 {
			names = append(names, name)
		}
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	if err := errors.Join(safetensors.Write(f, names, g.Weights, nil), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
