package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/tensor"
)

// timed are the networks and what they are fed.
var timed = []struct {
	name  string
	shape []int
}{
	{"resnet18", []int{32, 3, 32, 32}},
	{"vit-tiny", []int{8, 3, 224, 224}},
	{"perceptron", []int{256, 784}},
}

// networks times one forward pass of each network, from the same file where the peer reads files.
func networks(b *bench) ([]table, error) {
	t := table{title: "Networks, one forward pass, float32", head: []string{"network", "input", "threads", "ours", "ONNX Runtime", "PyTorch", "our time / ONNX Runtime's", "our time / PyTorch's", "difference", "aim"},
		note: "ONNX Runtime and ours run the same ONNX file, PyTorch the module it was exported from, in eager mode. The difference is that of the outputs, relative to the largest."}
	if err := b.export(); err != nil {
		return b.without(t, err)
	}
	for i, n := range timed {
		x := normal(uint64(10+i), count(n.shape))
		file, err := b.write(n.name+".input.f32", x)
		if err != nil {
			return nil, err
		}
		for _, threads := range b.threads {
			if err := b.network(&t, threads, n.name, file, tensor.Of(x, n.shape...)); err != nil {
				return nil, fmt.Errorf("%s: %w", n.name, err)
			}
		}
	}
	return []table{t}, nil
}

// without is a section that could not be measured, with the reason.
func (b *bench) without(t table, err error) ([]table, error) {
	b.peers.note("%s: left out: %v", t.title, err)
	return nil, nil
}

func count(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

func (b *bench) network(t *table, threads int, name, file string, x tensor.Tensor) error {
	path := filepath.Join(b.cache, name+".onnx")
	m, err := stratascope.OpenModel(context.Background(), path)
	if err != nil {
		return err
	}
	p, err := native.Engine{}.Compile(b.ctx, m.Graph, engine.Options{Workers: threads})
	if err != nil {
		return err
	}
	defer p.Close()
	feeds := map[string]tensor.Tensor{m.Graph.Inputs[0].Name: x}
	var out []float64
	if err := p.Run(b.ctx, feeds, func(_ string, y tensor.Tensor) error { out = widen(y.Float32s()); return nil }); err != nil {
		return err
	}
	work := func() error { return p.Run(b.ctx, feeds, nil) }
	r, err := b.compare(work, out, threads, []string{"onnxruntime", "torch"}, request{"what": "network", "name": name, "n": name, "model": path, "x": file, "shape": x.Shape()})
	if err != nil {
		return err
	}
	aim := absent
	if r.has("onnxruntime") {
		wall, _ := r.ratio("onnxruntime")
		aim = verdict("≤ 1.5", wall <= 1.5)
	}
	t.add(name, fmt.Sprint(x.Shape()), fmt.Sprint(threads), r.ours.spread(), r.spread("onnxruntime"), r.spread("torch"), r.time("onnxruntime"), r.time("torch"), fmt.Sprintf("%.0e", r.difference), aim)
	return nil
}
