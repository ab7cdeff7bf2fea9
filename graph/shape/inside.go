package shape

import (
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// control derives what is known of the outputs of a node with graphs inside it. Their values stay open.
func (t *Tracer) control(c *call, probe int) {
	switch c.node.Op {
	case "If":
		t.choice(c, probe)
	case "Loop":
		t.loop(c, probe)
	case "Scan":
		t.scan(c, probe)
	}
	for i := range c.out {
		c.out[i].value = tensor.Tensor{}
	}
}

// stepsPerNode is what following one node inside of another counts as: loops in loops are followed several
// times at each depth.
const stepsPerNode = 1 << 13

// inside follows shapes through a graph inside a node, and returns what is known of its outputs.
func (t *Tracer) inside(g *graph.Graph, probe int, in []fact) []fact {
	if t.steps -= stepsPerNode * int64(1+len(g.Nodes)); t.steps < 0 {
		return make([]fact, len(g.Outputs))
	}
	inner := &Tracer{params: t.params, probes: t.probes[probe : probe+1], odd: 1, gone: make([]bool, 1), facts: map[string][]fact{}, steps: t.steps, stop: t.stop}
	for _, name := range mentioned(g, nil) {
		if fs := t.facts[name]; fs != nil {
			inner.facts[name] = fs[probe : probe+1]
		}
	}
	for name, w := range g.Weights {
		inner.Constant(name, w)
	}
	for i, v := range g.Inputs {
		inner.facts[v.Name] = []fact{in[i]}
	}
	for i := range g.Nodes {
		inner.Step(&g.Nodes[i])
	}
	t.steps = inner.steps
	out := make([]fact, len(g.Outputs))
	for i, name := range g.Outputs {
		if fs := inner.facts[name]; fs != nil {
			out[i] = fs[0]
		}
	}
	return out
}

// mentioned appends every name that a graph reads.
func mentioned(g *graph.Graph, names []string) []string {
	for i := range g.Nodes {
		names = append(names, g.Nodes[i].Inputs...)
		for _, sub := range g.Nodes[i].Subgraphs {
			names = mentioned(sub, names)
		}
	}
	return append(names, g.Outputs...)
}

// choice follows the branch that is taken, or keeps what both agree on.
func (t *Tracer) choice(c *call, probe int) {
	then, other := c.node.Subgraphs["then_branch"], c.node.Subgraphs["else_branch"]
	if then == nil || other == nil || len(then.Inputs)+len(other.Inputs) > 0 {
		return
	}
	if len(c.in) == 1 && c.in[0].value.Valid() && c.in[0].dtype == tensor.Bool && c.in[0].value.Len() == 1 {
		if !isTrue(c.in[0].value) {
			then = other
		}
		copy(c.out, t.inside(then, probe, nil))
		return
	}
	a, b := t.inside(then, probe, nil), t.inside(other, probe, nil)
	for i := range c.out {
		if i >= len(a) || i >= len(b) || a[i].dtype != b[i].dtype {
			continue
		}
		c.out[i].dtype = a[i].dtype
		if a[i].known() && b[i].known() && slices.Equal(a[i].shape, b[i].shape) {
			c.out[i].shape = a[i].shape
		}
	}
}

// settled follows a body whose first inputs after lead are carried from turn to turn, until what is
// assumed of them holds after a turn, too.
func (t *Tracer) settled(body *graph.Graph, probe int, in []fact, lead, carried, skip int) []fact {
	for i := lead; i < lead+carried; i++ {
		in[i].value = tensor.Tensor{}
	}
	for range carried + 1 {
		out := t.inside(body, probe, in)
		stable := true
		for i := range carried {
			assumed, got := &in[lead+i], out[skip+i]
			if assumed.known() && !(got.known() && slices.Equal(assumed.shape, got.shape)) {
				assumed.shape, stable = nil, false
			}
		}
		if stable {
			copy(out[skip:], in[lead:lead+carried])
			return out
		}
	}
	return make([]fact, len(body.Outputs))
}

func (t *Tracer) loop(c *call, probe int) {
	body := c.node.Subgraphs["body"]
	if body == nil || len(body.Inputs) != max(2, len(c.in)) || len(body.Outputs) != len(c.out)+1 || len(body.Outputs) < len(body.Inputs)-1 {
		return
	}
	in := make([]fact, len(body.Inputs))
	if len(c.in) > 2 {
		copy(in[2:], c.in[2:])
	}
	in[0] = fact{dtype: tensor.Int64, shape: []int{}}
	in[1] = factOf(tensor.Scalar(true)) // in any turn that is made
	carried := len(in) - 2
	out := t.settled(body, probe, in, 2, carried, 1)
	turns := -1
	if count, err := c.ints(0); err == nil && len(count) == 1 && (!c.has(1) || isTrue(c.in[1].value)) && isTrue(out[0].value) {
		turns = int(min(max(0, count[0]), 1<<31))
	}
	copy(c.out, out[1:1+carried])
	for i := carried; i < len(c.out); i++ {
		c.out[i] = rows(out[1+i], turns, 0)
	}
}

func isTrue(t tensor.Tensor) bool {
	return t.Valid() && t.DType() == tensor.Bool && t.Len() == 1 && tensor.Data[bool](t)[0]
}

func (t *Tracer) scan(c *call, probe int) {
	body, scanned := c.node.Subgraphs["body"], int(c.attributes.Int("num_scan_inputs", 0))
	carried := len(c.in) - scanned
	if body == nil || scanned < 1 || carried < 0 || len(body.Inputs) != len(c.in) || len(body.Outputs) != len(c.out) || len(c.out) < carried {
		return
	}
	in, turns := slices.Clone(c.in), -1
	axes := c.attributes.Ints("scan_input_axes")
	for i := carried; i < len(in); i++ {
		f := fact{dtype: in[i].dtype}
		if in[i].known() {
			a, err := axis(at(axes, i-carried), len(in[i].shape))
			if err != nil {
				return
			}
			turns = in[i].shape[a]
			f.shape = slices.Delete(slices.Clone(in[i].shape), a, a+1)
		}
		in[i] = f
	}
	out := t.settled(body, probe, in, 0, carried, 0)
	copy(c.out, out[:carried])
	axes = c.attributes.Ints("scan_output_axes")
	for i := carried; i < len(c.out); i++ {
		c.out[i] = rows(out[i], turns, at(axes, i-carried))
	}
}

func at(list []int64, i int) int64 {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// rows is what turns of a body give together, on a new axis; -1 turns are not known.
func rows(f fact, turns int, along int64) fact {
	out := fact{dtype: f.dtype}
	if !f.known() || turns < 0 {
		return out
	}
	a, err := axis(along, len(f.shape)+1)
	if err != nil {
		return out
	}
	out.shape = slices.Insert(slices.Clone(f.shape), a, turns)
	if _, err := tensor.Count(out.shape); err != nil {
		out.shape = nil
	}
	return out
}
