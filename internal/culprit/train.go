package culprit

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
	"github.com/stratascope/stratascope/train"
)

// Train trains a network of an architecture from a seed. Frozen layers keep their first weights.
func Train(ctx context.Context, a Architecture, seed uint64, data Images, epochs int, frozen ...string) (*graph.Graph, error) {
	o := train.Options{
		Losses:    []train.Term{{Loss: train.CrossEntropy{}, Target: "label"}},
		Optimiser: train.AdamW{Decay: 0.01},
		Schedule:  train.Cosine{Start: a.Rate},
		Batch:     a.Batch, Epochs: epochs, Seed: seed, Frozen: frozen, Workers: 1,
	}
	r, err := train.Run(ctx, a.New(seed), data.samples(), o)
	if err != nil {
		return nil, fmt.Errorf("training %s %d: %w", a.Name, seed, err)
	}
	return r.Graph, nil
}

// Accuracy is the share of images that a network gets right.
func Accuracy(ctx context.Context, g *graph.Graph, m Images) (float64, error) {
	p, err := native.Engine{}.Compile(ctx, g, engine.Options{Workers: 1})
	if err != nil {
		return 0, err
	}
	defer p.Close()
	right := 0
	for lo := 0; lo < m.Len(); lo += 100 {
		part := m.Some(lo, min(lo+100, m.Len()))
		err := p.Run(ctx, map[string]tensor.Tensor{"input": part.tensor()}, func(name string, v tensor.Tensor) error {
			if name != "logits" {
				return nil
			}
			for i, l := range part.Labels {
				best, row := 0, v.Float32s()[i*classes:(i+1)*classes]
				for c := range row {
					if row[c] > row[best] {
						best = c
					}
				}
				if int32(best) == l {
					right++
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return float64(right) / float64(m.Len()), nil
}
