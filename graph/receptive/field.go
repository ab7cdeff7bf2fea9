package receptive

import (
	"math"

	"github.com/stratascope/stratascope/graph"
)

// Whole is the extent of what sees all of an axis.
var Whole = math.Inf(1)

// An Extent is how much of one axis of an input an element of a value sees, in positions of the input.
type Extent struct {
	Input             string
	Axis              int     // of the input, with its samples
	Shortest, Longest float64 // along the path that adds least, and from the first to the last that any path leads to
	Step              float64 // from one element to the next, below 1 after upsampling; 0 where the axis is gone or mixed with others
}

// Fields are the receptive fields of all values of a graph.
type Fields struct {
	axes   []Extent // of the inputs, extents unset
	sizes  []int    // -1 where they differ from run to run
	values map[string]*state
	graph  *graph.Graph
}

// Of follows the inputs through a graph whose shapes are known.
func Of(g *graph.Graph) *Fields {
	f := &Fields{values: map[string]*state{}, graph: g}
	for _, v := range g.Inputs {
		if !g.Weights[v.Name].Valid() && v.Shape != nil {
			f.input(v)
		}
	}
	for i := range g.Nodes {
		f.node(&g.Nodes[i])
	}
	return f
}

// input starts every axis of an input but that of the samples with itself.
func (f *Fields) input(v graph.Value) {
	batch := f.graph.BatchAxis(v.Shape)
	s := &state{span: map[int]span{}}
	for i, d := range v.Shape {
		if i == batch {
			s.axes = append(s.axes, pieces(d))
			continue
		}
		a := len(f.axes)
		f.axes = append(f.axes, Extent{Input: v.Name, Axis: i})
		f.sizes = append(f.sizes, d.Size)
		s.span[a] = span{1, 0, 0}
		s.axes = append(s.axes, []piece{{axis: a, size: d.Size, name: d.Param, step: 1}})
	}
	f.values[v.Name] = s
}

// At returns what an element of a value sees of each axis of the inputs it depends on, in the inputs' order;
// nil where it depends on none.
func (f *Fields) At(value string) []Extent {
	s := f.values[value]
	if s == nil {
		return nil
	}
	var out []Extent
	for a, e := range f.axes {
		r, ok := s.span[a]
		if !ok {
			continue
		}
		e.Shortest, e.Longest = r.shortest, r.longest()
		for _, axis := range s.axes {
			if len(axis) == 1 && axis[0].axis == a && axis[0].step != Whole {
				e.Step = math.Abs(axis[0].step)
			}
		}
		out = append(out, e)
	}
	return out
}
