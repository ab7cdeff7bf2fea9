package statistic

import (
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
)

// Layers says where a statistic stands that looks at each layer by itself: at its activation on the samples held out.
type Layers struct {
	Reduce capture.Reduction
	Head   bool // at the layer that gives the output, too
}

// Key returns the key of a layer, or an Unavailable error where there are no samples.
func (s Layers) Key(c Case, layer string) (Key, error) {
	split, ok := c.Held()
	if !ok {
		return Key{}, Unavailable("no-samples", "there are no samples")
	}
	return At(capture.View{Split: split, Reduce: s.Reduce}, capture.Site{Layer: layer, Of: "activation"}), nil
}

// Keys returns the keys of all layers.
func (s Layers) Keys(c Case, _ *Results) ([]Key, error) {
	if _, err := s.Key(c, ""); err != nil {
		return nil, err
	}
	var out []Key
	for _, l := range c.Layers {
		if s.Head || !l.Head {
			k, _ := s.Key(c, l.Name)
			out = append(out, k)
		}
	}
	return out, nil
}

// Reads returns the rows of all layers, none where there are no samples.
func (s Layers) Reads(c Case, r *Results) []capture.Request {
	keys, _ := s.Keys(c, r)
	var out []capture.Request
	for _, k := range keys {
		out = append(out, capture.Request{View: k.View, Site: k.A})
	}
	return out
}

// Layer returns the layer that the state stands at, the zero Layer if it stands at none.
func (e Env) Layer() graph.Layer {
	for _, l := range e.Case.Layers {
		if l.Name == e.Key.A.Layer {
			return l
		}
	}
	return graph.Layer{}
}
