package statistictest

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/capture"
)

// Uniform returns n x d numbers from -0.5 to 0.5 of 24 bits, which the scripts beside the tests of
// statistics make as well: SplitMix64 of a counter (Steele et al. 2014).
func Uniform(seed uint64, n, d int) []float64 {
	out := make([]float64, n*d)
	for i := range out {
		z := (uint64(i) + seed<<32) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		out[i] = float64(z>>40)/(1<<24) - 0.5
	}
	return out
}

// Given is a source of rows that are there already; every view has the same samples. It has no layers
// and runs no network.
type Given struct {
	capture.Source // nil: what replays do not call
	Of             capture.Samples
	Rows           map[capture.Request]capture.Matrix
}

// Numbered returns n samples with the given labels, nil for none.
func Numbered(n int, labels []int32) capture.Samples {
	s := capture.Samples{Labels: labels}
	for i := range n {
		s.IDs = append(s.IDs, fmt.Sprintf("%04d", i))
		s.Hashes = append(s.Hashes, uint64(i)*0x9e3779b97f4a7c15)
	}
	return s
}

// Samples returns the samples, whatever the view.
func (g *Given) Samples(capture.View) capture.Samples { return g.Of }

// Offers returns nil for rows that are there.
func (g *Given) Offers(v capture.View, s capture.Site) error {
	_, err := g.Table(v, s)
	return err
}

// Read has nothing to keep: it goes through the blocks.
func (g *Given) Read(_ context.Context, _ capture.View, _ []capture.Site, r capture.Reader) error {
	for b := 0; b*capture.Block < g.Of.Len(); b++ {
		r.Fold(b)
		if err := r.Done(b); err != nil {
			return err
		}
	}
	return nil
}

// Table returns the rows of a view at a site.
func (g *Given) Table(v capture.View, s capture.Site) (capture.Table, error) {
	if m, ok := g.Rows[capture.Request{View: v, Site: s}]; ok {
		return m.Table(), nil
	}
	return capture.Table{}, &capture.Unavailable{Code: "not-given", Why: fmt.Sprintf("no rows of %s under %s", s.Layer, v)}
}
