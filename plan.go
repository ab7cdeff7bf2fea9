package stratascope

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/live"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
)

// A Pass is one reading of one view, as planned.
type Pass struct {
	View    string
	Samples int
	Sites   int   // places whose values are looked at
	States  int   // sums of the view; a second pass of a view, where memory wants one, has part of them
	Rows    int64 // bytes of rows kept for replays
}

// A Plan is what a diagnosis will do.
type Plan struct {
	Passes     []Pass
	Replays    int     // computations on kept rows
	Operations float64 // multiplications and additions of all passes
	Memory     int64   // bytes the runs of the network hold at once
}

// Rows returns the bytes that are kept for replays.
func (p Plan) Rows() int64 {
	var n int64
	for _, x := range p.Passes {
		n += x.Rows
	}
	return n
}

// Samples returns how many times a sample is run through the network.
func (p Plan) Samples() int {
	n := 0
	for _, x := range p.Passes {
		n += x.Samples
	}
	return n
}

// Plan lists the passes of a diagnosis without running anything. What a first pass finds may add further
// ones: normalisations that are off are re-estimated, and layers that look untrained are compared with twins.
func (r *Run) Plan(ctx context.Context, o Options) (Plan, error) {
	d := &dry{Source: r.Case.Source, width: r.width}
	p, err := d.plan(ctx, r.Case, o)
	if err != nil {
		return p, err
	}
	p.Operations = float64(p.Samples()) * operations(r.model.Graph)
	p.Memory, err = r.memory(ctx)
	return p, err
}

// plan collects without reading.
func (d *dry) plan(ctx context.Context, c statistic.Case, o Options) (Plan, error) {
	c.Source = d
	o.Store = nil // what is planned is not done
	r, err := statistic.Collect(ctx, c, o.needed(c), statistic.Options{Memory: o.Memory, Progress: d.progress})
	if err != nil {
		return Plan{}, fmt.Errorf("planning: %w", err)
	}
	d.count(r, o.needed(c))
	if _, _, err := population(ctx, c, o); err != nil { // what its rules say of nothing is not looked at
		return Plan{}, fmt.Errorf("planning: %w", err)
	}
	return Plan{Passes: d.passes, Replays: d.replays}, nil
}

// width returns how many values a kept row of a site has.
func (r *Run) width(q capture.Request) int {
	g := r.model.Graph
	by := q.View.Reduce
	if by == capture.Row {
		by = live.RowReduction(g, q.Site)
	}
	switch q.Site.Of {
	case finding.Input:
		return valueWidth(g.Inputs[0], by)
	case finding.Output:
		return valueWidth(g.Values[r.model.Output], by)
	}
	l, ok := g.Layer(q.Site.Layer)
	if !ok {
		return 0
	}
	if by != capture.Flat {
		return l.Units
	}
	return product(l.Shape)
}

func valueWidth(v graph.Value, by capture.Reduction) int {
	if len(v.Shape) < 2 {
		return 1
	}
	if by != capture.Flat {
		return max(1, v.Shape[1].Size)
	}
	n := 1
	for _, d := range v.Shape[1:] {
		n *= max(1, d.Size)
	}
	return n
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= max(1, d)
	}
	return n
}

// operations estimates the multiplications and additions of one sample: two for every weight at every
// position, and the products of attentions.
func operations(g *graph.Graph) float64 {
	var sum float64
	for _, l := range g.Layers {
		positions := 1.0
		if l.Units > 0 {
			positions = max(1, float64(product(l.Shape))/float64(l.Units))
		}
		sum += 2 * float64(l.Parameters) * positions
		if l.Op == "Attention" {
			sum += 4 * positions * positions * float64(l.Units)
		}
	}
	return sum
}

// batch is how many samples the live source runs at once where nothing else is said.
const batch = 32

// memory estimates what the runs of all workers hold.
func (r *Run) memory(ctx context.Context) (int64, error) {
	p, err := r.options.Engine.Compile(ctx, r.model.Graph, engine.Options{Workers: 1})
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return p.Memory(batch) * int64(r.options.Workers), nil
}

// dry is a source that reads nothing and notes what it was asked for.
type dry struct {
	capture.Source
	width   func(capture.Request) int
	passes  []Pass
	replays int
}

// Read notes a pass.
func (d *dry) Read(_ context.Context, v capture.View, sites []capture.Site, r capture.Reader) error {
	n := d.Samples(v).Len()
	p := Pass{View: v.String(), Samples: n, Sites: len(sites)}
	for _, q := range r.Keep {
		p.Rows += 4 * int64(n) * int64(d.width(q))
	}
	d.passes = append(d.passes, p)
	if blocks := (n + capture.Block - 1) / capture.Block; blocks > 0 {
		return r.Done(blocks - 1)
	}
	return nil
}

// Table has no rows.
func (d *dry) Table(capture.View, capture.Site) (capture.Table, error) {
	return capture.Table{}, &capture.Unavailable{Code: "planned", Why: "nothing is run"}
}

// count notes how many states each view has. Only what sums in a pass has a result: replays had no rows.
func (d *dry) count(r *statistic.Results, stats []statistic.Any) {
	states, seen := map[string]int{}, map[statistic.Key]bool{}
	for _, a := range stats {
		for _, k := range r.Keys(a) {
			if !seen[k] {
				seen[k] = true
				v := k.View
				v.Reduce = capture.Maps
				states[v.String()]++
			}
		}
	}
	for i := range d.passes {
		d.passes[i].States = states[d.passes[i].View]
	}
}

func (d *dry) progress(stage string, done, total int) {
	if stage == "statistics" && done == total {
		d.replays += total
	}
}
