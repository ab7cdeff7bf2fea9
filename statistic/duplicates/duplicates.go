// Package duplicates looks for samples held out that the network has seen in training: the same bytes,
// and inputs that are nearly the same.
package duplicates

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/statistic"
)

// Near is the cosine of two inputs above which they are nearly the same (METHODS 2).
const Near = 0.999

// Widest is the largest input, in values, that is compared for near duplicates.
const Widest = 4096

// Input is the network's input.
var Input = capture.Site{Layer: "input", Of: finding.Input}

// FlatView is the view under which whole inputs are kept.
func FlatView(s dataset.Split) capture.View { return capture.View{Split: s, Reduce: capture.Flat} }

// Narrow reports whether whole inputs are small enough to be kept.
func Narrow(c statistic.Case) bool {
	n := Width(c)
	return n > 0 && n <= Widest
}

// Width returns the number of values of an input, 0 where the network has not one input of real numbers of a
// fixed size.
func Width(c statistic.Case) int {
	if c.Graph == nil || len(c.Graph.Inputs) != 1 || !c.Graph.Inputs[0].DType.IsFloat() || len(c.Graph.Inputs[0].Shape) < 2 {
		return 0
	}
	n := 1
	for _, d := range c.Graph.Inputs[0].Shape[1:] {
		if d.Size <= 0 || n > math.MaxInt/d.Size {
			return 0
		}
		n *= d.Size
	}
	return n
}

// Statistic compares the samples held out with those of training.
var Statistic = &statistic.Replay[*Result]{
	Name: "duplicates", Version: 1, Wide: true,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		held, ok := c.Held()
		if !ok || !c.Has(dataset.Train) || held == dataset.Train || !Narrow(c) {
			return nil
		}
		return []capture.Request{{View: FlatView(held), Site: Input}, {View: FlatView(dataset.Train), Site: Input}}
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		held, ok := c.Held()
		switch {
		case !ok:
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		case !c.Has(dataset.Train) || held == dataset.Train:
			return nil, statistic.Unavailable("one-split", "there is only one split; nothing can leak")
		}
		return []statistic.Key{statistic.At(FlatView(held), Input)}, nil
	},
	Compute: compute,
}

// Get returns the result, or why there is none.
func Get(c statistic.Case, r *statistic.Results) (*Result, error) {
	held, _ := c.Held()
	return Statistic.At(r, FlatView(held), Input)
}

// A Pair is a sample held out and a training sample.
type Pair struct{ Held, Train string }

// A Result lists samples held out that are also in training.
type Result struct {
	N     int    // samples held out
	Train int    // training samples they were compared with
	Of    int    // training samples there are
	Same  []Pair // of the same bytes
	Close []Pair // nearly the same, not of the same bytes
	// Compared says whether near duplicates were looked for at all.
	Compared bool
}

func compute(ctx context.Context, e statistic.Env) (*Result, error) {
	source, ok := e.Case.Source.(capture.Original)
	if !ok {
		return nil, statistic.Unavailable("no-inputs", "a recording does not hold the samples as they are stored")
	}
	held, train := e.Key.View, FlatView(dataset.Train)
	hs, ts := e.Case.Source.Samples(held), e.Case.Source.Samples(train)
	r := &Result{N: hs.Len(), Train: ts.Len(), Of: ts.Len()}
	if all, ok := source.(capture.Sampled); ok {
		r.Of = max(r.Of, all.Total(dataset.Train))
	}
	seen := map[[32]byte]int{}
	for i := range ts.Len() {
		h, err := source.Fingerprint(train, i)
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", ts.IDs[i], err)
		}
		if _, ok := seen[h]; !ok {
			seen[h] = i
		}
	}
	same := make([]bool, hs.Len())
	for i := range hs.Len() {
		h, err := source.Fingerprint(held, i)
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", hs.IDs[i], err)
		}
		if k, ok := seen[h]; ok {
			same[i] = true
			r.Same = append(r.Same, Pair{hs.IDs[i], ts.IDs[k]})
		}
	}
	if Narrow(e.Case) {
		x, err := e.Case.Source.Table(held, Input)
		if err != nil {
			return nil, err
		}
		y, err := e.Case.Source.Table(train, Input)
		if err != nil {
			return nil, err
		}
		near, err := nearest(ctx, e.Workers, x, y)
		if err != nil {
			return nil, err
		}
		r.Compared = true
		for i, k := range near {
			if k >= 0 && !same[i] {
				r.Close = append(r.Close, Pair{hs.IDs[i], ts.IDs[k]})
			}
		}
	}
	return r, nil
}

// unit scales rows to length 1; rows of zeros or with values that are not finite become zero and are near to
// nothing.
func unit(m capture.Matrix) {
	for i := range m.N {
		row := m.Row(i)
		var s float64
		for _, v := range row {
			s += float64(v) * float64(v)
		}
		if s == 0 || math.IsNaN(s) || math.IsInf(s, 0) {
			clear(row)
			continue
		}
		k := 1 / math.Sqrt(s)
		for j, v := range row {
			row[j] = float32(float64(v) * k)
		}
	}
}

// tile is the number of rows that are compared with all others at a time.
const tile = 1024

// nearest returns for each row of x the row of y with the largest cosine if that is above Near, else -1. Both
// are read piece by piece: y once for each tile of x.
func nearest(ctx context.Context, workers int, x, y capture.Table) ([]int, error) {
	out := make([]int, x.N)
	tiles := (x.N + tile - 1) / tile
	failed := make([]error, tiles)
	kernel.Parallel(workers, tiles, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			failed[t] = nearestOf(ctx, out, x, y, t*tile, min(x.N, (t+1)*tile))
		}
	})
	return out, cmp.Or(failed...)
}

// nearestOf fills in rows i0 to i1.
func nearestOf(ctx context.Context, out []int, x, y capture.Table, i0, i1 int) error {
	rows, best := make([]int, i1-i0), make([]float32, i1-i0)
	for i := range rows {
		rows[i], best[i], out[i0+i] = i0+i, Near, -1
	}
	a, err := x.Select(rows).Matrix()
	if err != nil {
		return err
	}
	unit(a)
	c := make([]float32, a.N*capture.Strip)
	return y.Strips(func(first int, b capture.Matrix) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		unit(b)
		kernel.Gemm32(1, false, true, a.N, b.N, a.D, 1, a.X, a.D, b.X, b.D, 0, c, b.N)
		for i := range a.N {
			for k, v := range c[i*b.N : (i+1)*b.N] {
				if v > best[i] {
					best[i], out[i0+i] = v, first+k
				}
			}
		}
		return nil
	})
}
