package alignment

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// Apart is how many spreads the siblings' cosines must lie from 0, so that a layer that is not trained can
// be told from them.
const Apart = 5

// A Deficit is how much less a reader is aligned than its siblings: the layers of its operator that, like
// it, are an output or not and read an attention or not; where there are two of these, those of a width
// between half and twice its own; and where there are not, all inner layers that read no attention.
type Deficit struct {
	*Result
	Siblings float64 // median of their cosines' absolute values
	Kin      int     // how many they are
	// Value is 1 - |cosine| / Siblings, not below 0; Low and High bound it at 90 %.
	Value, Low, High float64
	Null             bool // LikeRandom
}

// DeficitOf returns the deficit of a layer, or why there is none: the layer reads fewer than Narrowest
// values at once, has fewer than two siblings, or is as near to chance as they are.
func DeficitOf(c statistic.Case, r *statistic.Results, layer string) (*Deficit, error) {
	here, err := At(c, r, layer)
	if err != nil {
		return nil, err
	}
	if here.Width < Narrowest {
		return nil, statistic.Unavailable("too-narrow", "layer %s reads %d values at once, alignment tells from %d on", layer, here.Width, Narrowest)
	}
	sizes, err := siblings(c, r, here, func(x *Result) float64 { return math.Abs(x.Cosine.Value) })
	if err != nil {
		return nil, err
	}
	d := &Deficit{Result: here, Kin: len(sizes)}
	if d.Siblings, err = infer.Quantile(sizes, 0.5); err != nil {
		return nil, err
	}
	size := math.Abs(here.Cosine.Value)
	d.Null = here.LikeRandom()
	if d.Siblings < Apart*here.Spread {
		if !d.Null {
			return d, nil // it is aligned, however little they are
		}
		return nil, statistic.Unavailable("weak-siblings", "layers like %s are aligned by %.2g, too near to the %.2g of chance to tell them from an untrained one", layer, d.Siblings, here.Spread)
	}
	e := infer.Estimate{Value: size, SE: here.Cosine.SE, DF: here.Cosine.DF}
	i, err := e.Interval(0.9)
	if err != nil {
		return nil, fmt.Errorf("alignment of %s: %w", layer, err)
	}
	share := func(x float64) float64 { return max(0, 1-max(0, x)/d.Siblings) }
	d.Value, d.Low, d.High = share(size), share(i.High), share(i.Low)
	return d, nil
}

// Deficits gives each reader's deficit once, with the first of the layers that belongs to it. without hears of layers
// that have none.
func Deficits(c statistic.Case, r *statistic.Results, layers []graph.Layer, without func(layer string, why error)) iter.Seq2[graph.Layer, *Deficit] {
	return func(use func(graph.Layer, *Deficit) bool) {
		done := map[string]bool{}
		for _, l := range layers {
			if l.Weight == "" || done[l.Name] {
				continue
			}
			d, err := DeficitOf(c, r, l.Name)
			if err != nil {
				without(l.Name, err)
				continue
			}
			for _, name := range d.Layers {
				done[name] = true
			}
			if !use(l, d) {
				return
			}
		}
	}
}

// An Exchange is how much less the channels that a reader reads agree with its weights than those of its siblings, in
// spreads over permutations of the channels.
type Exchange struct {
	Z, Siblings float64 // Channels of the reader, and the median of its siblings'
	// Value is 1 - Z / Siblings, not below 0; Low and High bound it at 90 % for permuted channels.
	Value, Low, High float64
	Null             bool // Z is below the 95 % point of permuted channels
}

// ExchangeOf returns the exchange of a layer's reader, or why there is none: it has fewer than two siblings, or they are
// as near to chance as exchanged channels would be.
func ExchangeOf(c statistic.Case, r *statistic.Results, layer string) (*Exchange, error) {
	here, err := At(c, r, layer)
	if err != nil {
		return nil, err
	}
	all, err := siblings(c, r, here, func(x *Result) float64 { return x.Channels })
	if err != nil {
		return nil, err
	}
	e := &Exchange{Z: here.Channels}
	if e.Siblings, err = infer.Quantile(all, 0.5); err != nil {
		return nil, err
	}
	if here.Channels == 0 || e.Siblings < Apart {
		return nil, statistic.Unavailable("weak-siblings", "channels that layers like %s read agree with their weights by %.1f spreads of chance, too few to tell exchanged ones", layer, e.Siblings)
	}
	point := infer.NormalQuantile(0.95)
	share := func(z float64) float64 { return max(0, 1-max(0, z)/e.Siblings) }
	e.Value, e.Low, e.High, e.Null = share(e.Z), share(e.Z+point), share(e.Z-point), e.Z < point
	return e, nil
}

// siblings returns a measure of the readers that are like one.
func siblings(c statistic.Case, r *statistic.Results, here *Result, measure func(*Result) float64) ([]float64, error) {
	all, err := keys(c, r)
	if err != nil {
		return nil, err
	}
	kind := func(l graph.Layer) string { return fmt.Sprint(l.Op, l.Head, readsAttention(c.Graph.Layers, l)) }
	var own graph.Layer
	for _, l := range c.Graph.Layers {
		if l.Name == here.Layers[0] {
			own = l
		}
	}
	var inner, like, alike []float64 // all inner layers; those of its kind; of its kind and about its width
	for i, ls := range readers(c.Graph.Layers) {
		x, err := Statistic.Get(r, all[i])
		if err != nil || ls[0].Name == own.Name || x.Width < Narrowest {
			continue
		}
		size := measure(x)
		if !own.Head && !ls[0].Head && !readsAttention(c.Graph.Layers, ls[0]) {
			inner = append(inner, size)
		}
		if kind(ls[0]) != kind(own) {
			continue
		}
		like = append(like, size)
		if x.Width <= 2*here.Width && here.Width <= 2*x.Width {
			alike = append(alike, size)
		}
	}
	for _, sizes := range [][]float64{alike, like, inner} {
		if len(sizes) >= 2 {
			return sizes, nil
		}
	}
	return nil, statistic.Unavailable("no-siblings", "layer %s has fewer than two others to compare with", own.Name)
}

// readsAttention reports a layer that reads what an attention gives.
func readsAttention(layers []graph.Layer, l graph.Layer) bool {
	return slices.ContainsFunc(layers, func(a graph.Layer) bool { return a.Op == "Attention" && slices.Contains(l.After, a.Name) })
}
