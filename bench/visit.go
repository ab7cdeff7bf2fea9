package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/tensor"
)

// visited are the networks whose values are all looked at.
var visited = []string{"resnet18", "mobilenetv2", "vit-tiny"}

// held are samples in memory: the same batch for each of some blocks.
type held struct {
	name   string
	x      tensor.Tensor
	blocks int
}

// Samples returns a full block of samples for each worker.
func (h held) Samples(capture.View) capture.Samples {
	s := capture.Samples{IDs: make([]string, h.blocks*capture.Block)}
	s.Hashes = make([]uint64, len(s.IDs))
	return s
}

// Offers returns nil: there is one view.
func (h held) Offers(capture.View) error { return nil }

// Read returns the batch.
func (h held) Read(_ context.Context, _ capture.View, lo, hi int) (map[string]tensor.Tensor, error) {
	return map[string]tensor.Tensor{h.name: h.x.Rows(0, hi-lo)}, nil
}

// visit times the sums of all layers' values beside the forward pass alone, blocks side by side.
func (b *bench) visit(t *table, n subject, i, threads int) error {
	m, err := stratascope.OpenModel(b.ctx, filepath.Join(b.cache, n.name+".onnx"))
	if err != nil {
		return err
	}
	h := held{m.Graph.Inputs[0].Name, n.input(i), threads}
	runs := threads * capture.Block / n.shape[0]
	source := live.New(m.Graph, h, live.Options{Engine: native.Engine{}, Workers: threads, Batch: n.shape[0]})
	var sites []capture.Site
	for _, l := range m.Graph.Layers {
		sites = append(sites, capture.Site{Layer: l.Name, Of: finding.Activation})
	}
	look := func() error {
		fold := func(int) capture.Fold {
			states := map[capture.Site]*moments.State{}
			for _, s := range sites {
				states[s] = &moments.State{}
			}
			return func(q capture.Request, r capture.Rows) error { return states[q.Site].Add(r) }
		}
		return source.Read(b.ctx, capture.View{}, sites, capture.Reader{Fold: fold, Done: func(int) error { return nil }})
	}
	p, err := native.Engine{}.Compile(b.ctx, m.Graph, engine.Options{Workers: 1})
	if err != nil {
		return err
	}
	defer p.Close()
	plain := func() error {
		failed := make([]error, runs)
		kernel.Parallel(threads, runs, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				failed[i] = p.Run(b.ctx, map[string]tensor.Tensor{h.name: h.x}, nil)
			}
		})
		return errors.Join(failed...)
	}
	ts, err := interleave(b.ctx, min(b.rounds, longRounds), b.least, []side{{"visited", own(look)}, {"forward pass", own(plain)}})
	if err != nil {
		return err
	}
	wall, cpu := ratios(ts[0], ts[1])
	b.say("  visiting %s, %d threads: %s", n.name, threads, pair(wall, cpu))
	t.add(n.name, fmt.Sprint(runs*n.shape[0]), fmt.Sprint(threads), ts[0].spread(), ts[1].spread(), pair(wall, cpu), verdict("≤ 1.2", wall <= 1.2))
	return nil
}
