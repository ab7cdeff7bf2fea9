package canonical

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// freeBatch makes a batch that the file fixes to 1 variable, if that is provably the same: for every
// node it is known on which axis the samples lie and that the node treats each by itself. The note says
// what was done or why not.
func (im *importer) freeBatch(g *graph.Graph) (*graph.Graph, graph.Note) {
	if im.options.KeepBatch || len(g.Inputs) == 0 {
		return nil, graph.Note{}
	}
	for _, v := range g.Inputs {
		if len(v.Shape) == 0 || v.Shape[0].Size < 0 {
			return nil, graph.Note{}
		}
	}
	if n := g.Inputs[0].Shape[0].Size; n != 1 {
		return nil, graph.Note{Code: "fixed-batch", Text: fmt.Sprintf("the file fixes the batch to %d and is run so", n)}
	}
	s := &samples{im: im, old: g, at: map[string]lies{}, weights: maps.Clone(g.Weights)}
	free, err := s.free()
	if err != nil {
		return nil, graph.Note{Code: "fixed-batch", Text: "the file fixes the batch to 1 and is run so: " + err.Error()}
	}
	return free, graph.Note{Code: "freed-batch",
		Text: "the file fixes the batch to 1; each sample was shown to be treated by itself, so the batch is variable here"}
}

// lies says where samples lie in a value: along an axis whose size is outer times the number of samples
// times inner, in this order. The zero value is a value that is the same for all samples.
type lies struct {
	some         bool
	axis         int
	outer, inner int
}

func along(axis int) lies { return lies{some: true, axis: axis, outer: 1, inner: 1} }

// plain reports an axis that counts samples and nothing else.
func (l lies) plain() bool { return l.some && l.outer == 1 && l.inner == 1 }

// samples follows where the samples lie through a graph.
type samples struct {
	im      *importer
	old     *graph.Graph
	at      map[string]lies
	weights map[string]tensor.Tensor
	nodes   []graph.Node
	count   string // value that holds the number of samples, once a node needs it
}

func (s *samples) free() (*graph.Graph, error) {
	g := *s.old
	g.Inputs = slices.Clone(g.Inputs)
	for i := range g.Inputs {
		v := &g.Inputs[i]
		if v.Shape[0].Size != 1 {
			return nil, fmt.Errorf("input %q has %d rows", v.Name, v.Shape[0].Size)
		}
		v.Shape = slices.Clone(v.Shape)
		v.Shape[0] = graph.Dim{Size: -1, Param: "batch"}
		s.at[v.Name] = along(0)
	}
	for i := range s.old.Nodes {
		n := s.old.Nodes[i]
		n.Inputs = slices.Clone(n.Inputs)
		if err := s.node(&n); err != nil {
			return nil, fmt.Errorf("node %d %q (%s): %w", i+1, n.Name, n.Op, err)
		}
		s.nodes = append(s.nodes, n)
	}
	for _, name := range g.Outputs {
		if l := s.at[name]; !l.plain() || l.axis != 0 {
			return nil, fmt.Errorf("output %q does not have the samples in front", name)
		}
	}
	g.Nodes, g.Weights = s.nodes, s.weights
	g.Notes = slices.Clone(g.Notes)
	prune(&g)
	g.Values = shape.InferUntil(s.im.ctx, &g)
	return &g, nil
}

func (s *samples) node(n *graph.Node) error {
	touched := false
	for _, name := range n.Inputs {
		touched = touched || s.at[name].some
	}
	if !touched && len(n.Subgraphs) == 0 {
		return nil // the same for all samples
	}
	rule, ok := sampleRules[n.Op]
	if !ok || n.Domain != "" || len(n.Subgraphs) > 0 {
		return fmt.Errorf("it is not known to treat each sample by itself")
	}
	out, err := rule(s, n)
	if err != nil {
		return err
	}
	for _, name := range n.Outputs {
		if name == "" {
			continue
		}
		shape, err := s.shapeOf(name)
		if err != nil {
			return err
		}
		if out.axis < 0 || out.axis >= len(shape) || shape[out.axis] != out.outer*out.inner {
			return errMixes
		}
		s.at[name] = out
	}
	return nil
}

// shapeOf returns the sizes of a value in the file's form, with one sample.
func (s *samples) shapeOf(name string) ([]int, error) {
	if w, ok := s.old.Weights[name]; ok {
		return w.Shape(), nil
	}
	v := s.old.Values[name]
	if v.Shape == nil {
		return nil, fmt.Errorf("the shape of %q is not known", name)
	}
	out := make([]int, len(v.Shape))
	for i, d := range v.Shape {
		if d.Size < 0 {
			return nil, fmt.Errorf("the shape of %q is not fixed", name)
		}
		out[i] = d.Size
	}
	return out, nil
}

func (s *samples) ints(n *graph.Node, i int) ([]int64, error) {
	if i < len(n.Inputs) {
		if w, ok := s.weights[n.Inputs[i]]; ok && w.DType() == tensor.Int64 {
			return w.Int64s(), nil
		}
	}
	return nil, fmt.Errorf("input %d is not a constant list of numbers", i+1)
}

func (s *samples) constant(base string, v ...int64) string {
	name := s.im.fresh(base)
	s.weights[name] = tensor.Of(v, len(v))
	return name
}

// number returns the name of a value [samples].
func (s *samples) number() string {
	if s.count == "" {
		s.count = s.im.fresh("batch")
		s.nodes = append(s.nodes, graph.Node{Op: "Shape", Inputs: []string{s.old.Inputs[0].Name}, Outputs: []string{s.count},
			Attributes: op.Attributes{"start": int64(0), "end": int64(1)}})
	}
	return s.count
}

// repeated returns a value that holds a constant, whose size along an axis is 1, once for each sample.
func (s *samples) repeated(name string, axis, rank int) string {
	parts := []string{}
	for i := range rank {
		if i == axis {
			parts = append(parts, s.number())
		} else {
			parts = append(parts, s.constant("one", 1))
		}
	}
	target, out := s.im.fresh(name+".sizes"), s.im.fresh(name+".repeated")
	s.nodes = append(s.nodes,
		graph.Node{Op: "Concat", Inputs: parts, Outputs: []string{target}, Attributes: op.Attributes{"axis": int64(0)}},
		graph.Node{Op: "Expand", Inputs: []string{name, target}, Outputs: []string{out}, Attributes: op.Attributes{}})
	s.at[out] = along(axis)
	return out
}
