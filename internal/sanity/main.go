// Command sanity makes the published test of similarity measures (Kornblith et al. 2019, section 6.1) with networks of
// our own: of networks trained from different seeds, the most similar layer in another network should be the same
// layer. It trains the networks, compares all their layers by every measure, and prints a page in Markdown.
//
//	go run ./internal/sanity -data /usr/share/datasets/fashion-mnist >docs/sanity.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/culprit"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/tensor"
)

type settings struct {
	data                             string
	networks, train, epochs, samples int
	workers                          int
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "folder with Fashion-MNIST's four IDX files")
	flag.IntVar(&s.networks, "networks", 10, "networks to train")
	flag.IntVar(&s.train, "train", 10000, "training images")
	flag.IntVar(&s.epochs, "epochs", 5, "epochs")
	flag.IntVar(&s.samples, "samples", 500, "test images the layers are compared on")
	flag.IntVar(&s.workers, "workers", runtime.NumCPU(), "networks trained, and layers compared, at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "sanity:", err)
		os.Exit(1)
	}
}

// A trained network with its layers' values: rows are means over positions, maps are whole.
type trained struct {
	accuracy   float64
	rows, maps []similarity.Matrix
}

func run(ctx context.Context, w io.Writer, s settings) error {
	images, err := culprit.Read(s.data, "train", s.train)
	if err != nil {
		return err
	}
	test, err := culprit.Read(s.data, "t10k", 2000)
	if err != nil {
		return err
	}
	nets := make([]trained, s.networks)
	var names []string
	err = parallel.Each(ctx, s.workers, s.networks, func(ctx context.Context, i int) error {
		g, err := culprit.Train(ctx, culprit.Plain(), uint64(1000+i), images, s.epochs)
		if err != nil {
			return err
		}
		n := &nets[i]
		if n.accuracy, err = culprit.Accuracy(ctx, g, test); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "network %d: accuracy %.3f\n", i, n.accuracy)
		if i == 0 {
			for _, l := range g.Layers {
				names = append(names, l.Name)
			}
		}
		return n.look(ctx, g, test.Some(0, s.samples))
	})
	if err != nil {
		return err
	}
	return page(ctx, w, s, names, nets)
}

// look runs the network and keeps every layer's values.
func (t *trained) look(ctx context.Context, g *graph.Graph, images culprit.Images) error {
	at := map[string]int{}
	var values []string
	for i, l := range g.Layers {
		at[l.Output] = i
		values = append(values, l.Output)
	}
	t.rows, t.maps = make([]similarity.Matrix, len(values)), make([]similarity.Matrix, len(values))
	p, err := native.Engine{}.Compile(ctx, g, engine.Options{Workers: 1, Values: values})
	if err != nil {
		return err
	}
	defer p.Close()
	const side = 28
	feeds := map[string]tensor.Tensor{"input": tensor.Of(images.Pixels, images.Len(), 1, side, side)}
	return p.Run(ctx, feeds, func(name string, v tensor.Tensor) error {
		i, ok := at[name]
		if !ok {
			return nil
		}
		n := v.Dim(0)
		all := append([]float32(nil), v.Float32s()...)
		t.maps[i] = similarity.Matrix{X: all, N: n, D: len(all) / n}
		units := v.Dim(1)
		rows, each := make([]float32, n*units), len(all)/(n*units)
		for r := range rows {
			sum := 0.0
			for _, x := range all[r*each : (r+1)*each] {
				sum += float64(x)
			}
			rows[r] = float32(sum / float64(each))
		}
		t.rows[i] = similarity.Matrix{X: rows, N: n, D: units}
		return nil
	})
}
