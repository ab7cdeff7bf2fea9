package pairs

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
)

// rows are the samples that are finite in all layers, a table a layer.
type rows struct {
	layers []string
	tables []capture.Table
	kept   []int    // places of the samples among those of the view
	hashes []uint64 // of the samples
}

// gather reads the rows of every layer that the source offers and that has enough finite ones.
func gather(e statistic.Env) (*rows, error) {
	samples := e.Samples()
	if samples.Len() < Least {
		return nil, statistic.Unavailable("too-few-samples", "%d samples, similarity needs %d", samples.Len(), Least)
	}
	out := &rows{}
	finite := make([]int, samples.Len()) // layers in which a sample is finite
	for _, l := range e.Case.Layers {
		t, err := e.Case.Source.Table(e.Key.View, capture.Site{Layer: l.Name, Of: "activation"})
		if err != nil {
			continue // a layer the source does not offer has no row in the matrix
		}
		if t.N != samples.Len() {
			return nil, fmt.Errorf("layer %s: %d rows for %d samples", l.Name, t.N, samples.Len())
		}
		own, err := t.Finite()
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.Name, err)
		}
		if len(own) < Least {
			continue // nor has one that is hardly ever finite: the others can still be compared
		}
		for _, i := range own {
			finite[i]++
		}
		out.layers = append(out.layers, l.Name)
		out.tables = append(out.tables, t)
	}
	if len(out.tables) == 0 {
		return nil, statistic.Unavailable("no-features", "no layer has %d finite samples", Least)
	}
	for i, k := range finite {
		if k == len(out.tables) {
			out.kept = append(out.kept, i)
			out.hashes = append(out.hashes, samples.Hashes[i])
		}
	}
	if len(out.kept) == len(finite) {
		return out, nil
	}
	if len(out.kept) < Least {
		return nil, statistic.Unavailable("not-finite", "%d of %d samples are finite in all layers, similarity needs %d", len(out.kept), len(finite), Least)
	}
	for l, t := range out.tables {
		out.tables[l] = t.Select(out.kept)
	}
	return out, nil
}

// units counts those of all layers.
func (r *rows) units() int {
	n := 0
	for _, t := range r.tables {
		n += t.D
	}
	return n
}

// groups deals the samples to the groups of the jackknife.
func (r *rows) groups(e statistic.Env) []int {
	return infer.Groups(infer.Seed(e.Case.Seed, "pairs"), r.hashes, infer.JackknifeGroups)
}

func (r *rows) matrices() []similarity.Matrix {
	out := make([]similarity.Matrix, len(r.tables))
	for l, t := range r.tables {
		out[l] = stored(t)
	}
	return out
}

func stored(t capture.Table) similarity.Matrix { return similarity.Stored(t.N, t.D, t.Gather) }

// some draws the places of the samples that shape distances and neighbours are taken from.
func (r *rows) some(e statistic.Env) []int {
	n := len(r.kept)
	keep := infer.Rand(e.Case.Seed, "pairs", "rows").Perm(n)[:mostOf(n, len(r.tables))]
	slices.Sort(keep)
	return keep
}

// few returns those samples of every layer with their groups.
func (r *rows) few(e statistic.Env, groups []int) (few []similarity.Matrix, of []int) {
	keep := r.some(e)
	for _, t := range r.tables {
		few = append(few, stored(t.Select(keep)))
	}
	for _, at := range keep {
		of = append(of, groups[at])
	}
	return few, of
}
