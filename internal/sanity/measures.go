package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/stratascope/stratascope/internal/parallel"
	"github.com/stratascope/stratascope/similarity"
)

// A measure says how similar two layers are: more is more similar.
type measure struct {
	name string
	of   func(x, y similarity.Matrix) (float64, error)
	maps pairs // on whole maps, too, for all pairs at once: it needs no more samples than units
	both bool  // depends on which layer comes first
}

type pairs func(ctx context.Context, workers int, layers []similarity.Matrix) (*similarity.Pairs, error)

func cka(biased bool) pairs {
	return func(ctx context.Context, workers int, layers []similarity.Matrix) (*similarity.Pairs, error) {
		return similarity.AllPairs(ctx, workers, layers, nil, similarity.Options{Biased: biased})
	}
}

func neighbours(ctx context.Context, workers int, layers []similarity.Matrix) (*similarity.Pairs, error) {
	return similarity.MutualKNNPairs(ctx, workers, layers, 10, nil, 0.9)
}

func measures() []measure {
	less := func(f func(x, y similarity.Matrix) (float64, error)) func(x, y similarity.Matrix) (float64, error) {
		return func(x, y similarity.Matrix) (float64, error) {
			v, err := f(x, y)
			return -v, err
		}
	}
	canonical := func(f func(*similarity.Canonical) float64) func(x, y similarity.Matrix) (float64, error) {
		return func(x, y similarity.Matrix) (float64, error) {
			c, err := similarity.CCA(x, y)
			if err != nil {
				return 0, err
			}
			return f(c), nil
		}
	}
	return []measure{
		{name: "linear CKA, debiased", of: similarity.Debiased, maps: cka(false)},
		{name: "linear CKA, biased", of: similarity.CKA, maps: cka(true)},
		{name: "RBF CKA, debiased, width 0.5", of: func(x, y similarity.Matrix) (float64, error) {
			return similarity.RBF(x, y, similarity.RBFOptions{})
		}},
		{name: "shape distance", of: less(similarity.ShapeDistance)},
		{name: "mutual 10-NN", of: func(x, y similarity.Matrix) (float64, error) { return similarity.MutualKNN(x, y, 10) }, maps: neighbours},
		{name: "RSA, Euclid", of: func(x, y similarity.Matrix) (float64, error) { return similarity.RSA(x, y, similarity.Euclid) }},
		{name: "linear predictivity, R²", both: true, of: func(x, y similarity.Matrix) (float64, error) {
			p, err := similarity.Predict(context.Background(), 1, x, y, nil)
			if err != nil {
				return 0, err
			}
			return p.R2, nil
		}},
		{name: "CCA, mean", of: canonical((*similarity.Canonical).Mean)},
		{name: "CCA, mean square", of: canonical((*similarity.Canonical).MeanSquared)},
		{name: "SVCCA, 99 %", of: func(x, y similarity.Matrix) (float64, error) {
			c, err := similarity.SVCCA(x, y, 0.99)
			if err != nil {
				return 0, err
			}
			return c.Mean(), nil
		}},
		{name: "PWCCA", both: true, of: similarity.PWCCA},
		{name: "IMD", of: less(similarity.IMD)},
	}
}

func page(ctx context.Context, w io.Writer, s settings, families []family) error {
	fmt.Fprintf(w, `# The same layer in another network

Kornblith et al. 2019 (section 6.1) ask of a measure of similarity: take two networks of one architecture, trained from
different seeds; is a layer's most similar layer in the other network the same layer? Here these networks were trained on the 60,000
images of Fashion-MNIST, and their layers are compared on %d of its test images after their activations.

| networks | trained | units of the layers | right on 10,000 test images | chance |
|---|---|---|---|---|
`, s.samples)
	for _, f := range families {
		low, high := math.Inf(1), math.Inf(-1)
		for _, n := range f.networks {
			low, high = min(low, n.accuracy), max(high, n.accuracy)
		}
		fmt.Fprintf(w, "| %s | %d | %s | %.1f to %.1f %% | %.1f %% |\n", f.name, len(f.networks), strings.Trim(fmt.Sprint(f.units), "[]"), 100*low, 100*high, 100/float64(len(f.units)))
	}
	fmt.Fprint(w, `
*Rows* are what a check compares, means over a map's positions; *maps* are whole maps, for measures that allow fewer samples
than units. A rate is the share of layers of all ordered pairs of networks, with a 90 % range (jackknife over networks).

| measure |`)
	for _, f := range families {
		fmt.Fprintf(w, " %s, rows | %s, maps |", f.name, f.name)
	}
	fmt.Fprint(w, "\n|---|"+strings.Repeat("---|", 2*len(families))+"\n")
	for _, m := range measures() {
		fmt.Fprintf(w, "| %s |", m.name)
		for _, f := range families {
			rows, err := m.rate(ctx, s.workers, f.networks)
			if err != nil {
				return err
			}
			maps := "–"
			if m.maps != nil {
				if maps, err = m.mapRate(ctx, s.workers, f.networks); err != nil {
					return err
				}
			}
			fmt.Fprintf(w, " %s | %s |", rows, maps)
			fmt.Fprintf(os.Stderr, "%s, %s: %s, %s\n", m.name, f.name, rows, maps)
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprint(w, reading)
	return err
}

const reading = `
They report (Table 2: CNNs of ten layers, CIFAR-10) 99.3 % for linear CKA, and that CCA, SVCCA, PWCCA and linear regression find
under half. So it is here where layers are wide. Networks of 16 to 32 units, trained just as long, are less alike from one seed to
another: linear CKA then takes a layer for its neighbour in every third to fourth case. A comparison with another network
therefore says more of wide layers than of narrow ones.

Made by ` + "`python internal/sanity/train.py DATA FOLDER` and `go run ./internal/sanity -data DATA FOLDER/narrow FOLDER/wide`" + `, where
DATA holds the four IDX files.
`

// rate compares the rows of all layers, once where their order does not matter, and writes the rate with its range.
func (m measure) rate(ctx context.Context, workers int, nets []trained) (string, error) {
	n, layers := len(nets), len(nets[0].rows)
	values := make([]float64, n*layers*n*layers)
	err := parallel.Each(ctx, workers, n*layers, func(_ context.Context, row int) error {
		x := nets[row/layers].rows[row%layers]
		for col := range n * layers {
			v := &values[row*n*layers+col]
			if *v = math.NaN(); row/layers == col/layers || !m.both && col < row {
				continue
			}
			if s, err := m.of(x, nets[col/layers].rows[col%layers]); err == nil {
				*v = s
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return told(n, layers, func(row, col int) float64 {
		if !m.both && col < row {
			row, col = col, row
		}
		return values[row*n*layers+col]
	})
}

// mapRate compares the whole maps of all layers.
func (m measure) mapRate(ctx context.Context, workers int, nets []trained) (string, error) {
	var all []similarity.Matrix
	for _, t := range nets {
		all = append(all, t.maps...)
	}
	p, err := m.maps(ctx, workers, all)
	if err != nil {
		return "", err
	}
	return told(len(nets), len(nets[0].maps), func(row, col int) float64 {
		if p.Reason[row] != nil || p.Reason[col] != nil {
			return math.NaN()
		}
		return p.Value[row*p.L+col]
	})
}

// told writes a rate; value is that of two layers, counted network after network.
func told(n, layers int, value func(row, col int) float64) (string, error) {
	got, err := rate(n, layers, func(a, i, b, j int) float64 { return value(a*layers+i, b*layers+j) })
	if err != nil {
		return "", err
	}
	in, err := got.Interval(0.9)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%.1f %% (%.1f – %.1f)", 100*got.Value, 100*max(0, in.Low), 100*min(1, in.High)), nil
}
