// Command sanity makes the published test of similarity measures (Kornblith et al. 2019, section 6.1) with networks of
// our own: of networks trained from different seeds, the most similar layer in another network should be the same
// layer. It compares the layers of all networks of a folder by every measure, and prints a page in Markdown.
//
//	python internal/sanity/train.py /usr/share/datasets/fashion-mnist networks
//	go run ./internal/sanity -data /usr/share/datasets/fashion-mnist networks/narrow networks/wide >docs/sanity.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/internal/culprit"
	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/tensor"
)

type settings struct {
	data             string
	samples, workers int
	folders          []string
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "folder with Fashion-MNIST's four IDX files")
	flag.IntVar(&s.samples, "samples", 500, "test images the layers are compared on")
	flag.IntVar(&s.workers, "workers", runtime.NumCPU(), "networks run, and layers compared, at once")
	flag.Parse()
	s.folders = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "sanity:", err)
		os.Exit(1)
	}
}

// A family is networks of one architecture, from different seeds.
type family struct {
	name     string
	units    []int // of the layers
	networks []trained
}

// A trained network with its layers' values: rows are means over positions, maps are whole.
type trained struct {
	accuracy   float64
	rows, maps []similarity.Matrix
}

func run(ctx context.Context, w io.Writer, s settings) error {
	test, err := culprit.Read(s.data, "t10k", 10000)
	if err != nil {
		return err
	}
	var all []family
	for _, folder := range s.folders {
		f, err := read(ctx, folder, test, s)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	return page(ctx, w, s, all)
}

// read runs the networks of a folder.
func read(ctx context.Context, folder string, test culprit.Images, s settings) (family, error) {
	f := family{name: filepath.Base(folder)}
	files, err := filepath.Glob(filepath.Join(folder, "*.onnx"))
	if err != nil {
		return f, err
	}
	if len(files) < 3 {
		return f, fmt.Errorf("%s: %d networks, want three or more .onnx files", folder, len(files))
	}
	f.networks = make([]trained, len(files))
	err = parallel.Each(ctx, s.workers, len(files), func(ctx context.Context, i int) error {
		m, err := onnx.Read(files[i], onnx.Limits{})
		if err != nil {
			return err
		}
		g, err := canonical.Import(ctx, m, canonical.Options{})
		if err != nil {
			return fmt.Errorf("%s: %w", files[i], err)
		}
		n := &f.networks[i]
		if n.accuracy, err = culprit.Accuracy(ctx, g, test); err != nil {
			return fmt.Errorf("%s: %w", files[i], err)
		}
		fmt.Fprintf(os.Stderr, "%s: accuracy %.3f\n", files[i], n.accuracy)
		return n.look(ctx, g, test.Some(0, s.samples))
	})
	if err != nil {
		return f, err
	}
	for _, m := range f.networks[0].rows {
		f.units = append(f.units, m.D)
	}
	return f, nil
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
