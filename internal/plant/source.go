package plant

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
)

// layers returns the layers of a network that a view names. "batch-norm" normalises by the statistics of
// the training data as they are with all normalisation before it mended; "renormalised" is the same
// network written down.
func (n *Network) layers(name string) []*Layer {
	if ls, ok := n.known[name]; ok {
		return ls
	}
	if build, ok := n.builders[name]; ok {
		n.known[name] = n.from(build)
		return n.known[name]
	}
	if name != "batch-norm" && name != "renormalised" {
		return nil
	}
	ls := clone(n.Stack)
	for i, l := range ls {
		if l.Norm != nil {
			l.Norm.Mean, l.Norm.Variance = n.statistics(ls, i)
		}
	}
	n.known[name] = ls
	return ls
}

// Layers returns the layers of a network in their order.
func (n *Network) Layers(name string) []graph.Layer { return n.Graph(name).Layers }

// Samples returns the samples a view reads.
func (n *Network) Samples(v capture.View) capture.Samples {
	d := n.Data[v.Split]
	if d == nil {
		return capture.Samples{}
	}
	s := capture.Samples{IDs: d.IDs, Labels: d.Labels, Groups: map[string][]int32{"half": d.Group}, Names: map[string][]string{"half": {"first", "second"}}}
	for _, id := range d.IDs {
		s.Hashes = append(s.Hashes, infer.Seed(0, id))
	}
	return s
}

// Define says how to build a network that the planted one is not known by.
func (n *Network) Define(name string, build func() (*graph.Graph, error)) { n.builders[name] = build }

// from returns the stack with the weights of a graph.
func (n *Network) from(build func() (*graph.Graph, error)) []*Layer {
	g, err := build()
	if err != nil {
		panic(err)
	}
	ls := clone(n.Stack)
	for i, at := range g.Layers {
		l := ls[i]
		w := wide(g, at.Weight)
		for u := range l.Weight {
			l.Weight[u] = w[u*l.In : (u+1)*l.In]
		}
		l.Bias = wide(g, at.Bias)
		if m := at.Norm; m != nil {
			l.Norm = &Norm{wide(g, m.Scale), wide(g, m.Bias), wide(g, m.Mean), wide(g, m.Variance)}
		}
	}
	return ls
}

func wide(g *graph.Graph, name string) (out []float64) {
	for _, x := range g.Weights[name].Float32s() {
		out = append(out, float64(x))
	}
	return out
}

// Alternatives names the other preprocessing, if there is one.
func (n *Network) Alternatives() []string {
	if n.feed == nil {
		return nil
	}
	return []string{"0-1"}
}

// Fingerprint returns the hash of a sample's input.
func (n *Network) Fingerprint(v capture.View, row int) ([32]byte, error) {
	var b []byte
	for _, x := range n.Data[v.Split].X[row] {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return sha256.Sum256(b), nil
}

// Offers returns nil if a site's values can be had under a view.
func (n *Network) Offers(v capture.View, s capture.Site) error {
	ls := n.layers(v.Network)
	d := n.Data[v.Split]
	switch {
	case ls == nil:
		return &capture.Unavailable{Code: "no-reference", Why: "no network " + v.Network + " was given"}
	case d == nil || v.Condition != (capture.Condition{}) && n.feed == nil:
		return &capture.Unavailable{Code: "no-data", Why: "no samples under " + v.String()}
	}
	_, err := site(ls, forward(ls, d.X[0]), d.X[0], s)
	return err
}

// Read shows every sample of a view.
func (n *Network) Read(ctx context.Context, v capture.View, sites []capture.Site, r capture.Reader) error {
	ls, samples := n.layers(v.Network), n.Samples(v)
	d := n.Data[v.Split]
	for b := 0; b*capture.Block < len(d.X); b++ {
		lo, hi := b*capture.Block, min(len(d.X), (b+1)*capture.Block)
		fold := r.Fold(b)
		values := make([][]float32, len(sites))
		for i := lo; i < hi; i++ {
			input := d.X[i]
			if v.Condition != (capture.Condition{}) {
				input = n.feed(input)
			}
			steps := forward(ls, input)
			if v.Split == dataset.Train {
				n.remember(ls, steps, d.Labels[i])
			}
			for j, s := range sites {
				x, err := site(ls, steps, input, s)
				if err != nil {
					return err
				}
				for _, f := range x {
					values[j] = append(values[j], narrow(f))
				}
			}
		}
		for j, s := range sites {
			rows := rowsOf(ls, s, values[j], hi-lo)
			rows.First, rows.IDs = lo, samples.Hashes[lo:hi]
			for _, q := range r.Keep {
				if q.Site != s {
					continue
				}
				row, err := capture.Reduce(rows.X, rows.Axis, reduction(q.View.Reduce), nil, rows.IDs)
				if err != nil {
					return err
				}
				if err := n.keep.Create(q, len(d.X), len(row)/(hi-lo)); err != nil {
					return err
				}
				if err := n.keep.Put(q, lo, row); err != nil {
					return err
				}
			}
			if err := fold(capture.Request{View: v, Site: s}, rows); err != nil {
				return err
			}
		}
		if err := r.Done(b); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// remember adds the label of a training sample to what is recorded of a layer, as a layer does that has
// learnt its samples by heart; what the layers behind it read stays as it was.
func (n *Network) remember(ls []*Layer, steps []step, label int32) {
	for i, l := range ls {
		if l.Name == n.remembered {
			steps[i].out[label] += n.strength
		}
	}
}

// narrow keeps infinities and not-a-numbers, which flaws may plant.
func narrow(f float64) float32 {
	if math.Abs(f) > math.MaxFloat32 {
		return float32(math.Inf(int(math.Copysign(1, f))))
	}
	return float32(f)
}

// Table returns the rows that a Read kept.
func (n *Network) Table(v capture.View, s capture.Site) (capture.Table, error) {
	return n.keep.Table(capture.Request{View: v, Site: s})
}
