package statistic

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
)

// Reference is the name under which views know reference network k, from 0 on.
func Reference(k int) string { return fmt.Sprintf("reference-%d", k+1) }

// OfReference returns a case of reference network k in place of the network under examination, on the same samples.
func (c Case) OfReference(k int) Case {
	name, g := Reference(k), c.References[k]
	c.Source.Define(name, func() (*graph.Graph, error) { return g, nil })
	c.Source.Layers(name) // builds it, so that what it offers is known
	w := &within{c.Source, name}
	x := Case{Layers: g.Layers, Graph: g, Source: w, Splits: c.Splits, Seen: c.Seen, Task: c.Task,
		Classes: c.Classes, Output: c.Output, Seed: c.Seed, Workers: c.Workers, Comparison: c.Comparison}
	if c.Keeper != nil {
		x.Keeper = &keeper{c.Keeper, w}
	}
	return x
}

// within is a source whose networks are one of another source, under the name "", and those named after it.
type within struct {
	source capture.Source
	name   string
}

func (w *within) inner(network string) string {
	if network == "" {
		return w.name
	}
	return w.name + "/" + network
}

func (w *within) view(v capture.View) capture.View {
	v.Network = w.inner(v.Network)
	return v
}

// Layers returns the layers of a network in their order.
func (w *within) Layers(network string) []graph.Layer { return w.source.Layers(w.inner(network)) }

// Samples returns the samples a view reads.
func (w *within) Samples(v capture.View) capture.Samples { return w.source.Samples(w.view(v)) }

// Define says how to build a further network.
func (w *within) Define(name string, build func() (*graph.Graph, error)) {
	w.source.Define(w.inner(name), build)
}

// Offers returns nil if the values can be had.
func (w *within) Offers(v capture.View, s capture.Site) error { return w.source.Offers(w.view(v), s) }

// Read shows the values asked for. Folds are told the sites as they are and the views as the source names them.
func (w *within) Read(ctx context.Context, v capture.View, sites []capture.Site, r capture.Reader) error {
	keep := make([]capture.Request, len(r.Keep))
	for i, q := range r.Keep {
		keep[i] = capture.Request{View: w.view(q.View), Site: q.Site}
	}
	r.Keep = keep
	return w.source.Read(ctx, w.view(v), sites, r)
}

// Table returns the rows of a whole view at one site.
func (w *within) Table(v capture.View, s capture.Site) (capture.Table, error) {
	return w.source.Table(w.view(v), s)
}

// keeper keeps the rows of a reference's case under its name.
type keeper struct {
	keeper capture.Keeper
	within *within
}

func (k *keeper) inner(q capture.Request) capture.Request {
	return capture.Request{View: k.within.view(q.View), Site: q.Site}
}

// Create makes room for n rows of d values.
func (k *keeper) Create(q capture.Request, n, d int) error { return k.keeper.Create(k.inner(q), n, d) }

// Put stores rows.
func (k *keeper) Put(q capture.Request, first int, rows []float32) error {
	return k.keeper.Put(k.inner(q), first, rows)
}

// Table returns the rows of a request.
func (k *keeper) Table(q capture.Request) (capture.Table, error) { return k.keeper.Table(k.inner(q)) }
