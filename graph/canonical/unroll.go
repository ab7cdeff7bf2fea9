package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// unroll writes out a loop that works on lists of tensors, if it is known how often it turns: no list can be
// carried from turn to turn by an engine.
func (f *folder) unroll(r *raw) (bool, error) {
	n := &r.node
	if n.Op != "Loop" || n.Domain != "" || len(n.Inputs) < 2 || len(r.graphs) != 1 || f.noSequence(r) == nil {
		return false, nil
	}
	b := r.graphs[0]
	turns, ok := f.tracer.Fixed(n.Inputs[0])
	if !ok || turns.DType() != tensor.Int64 || turns.Len() != 1 || turns.Int64s()[0] > mostParts {
		return false, nil
	}
	carried := len(n.Inputs) - 2
	if len(b.graph.Inputs) != carried+2 || len(b.graph.Outputs) != len(n.Outputs)+1 || len(n.Outputs) < carried {
		return false, fmt.Errorf("the body has %d inputs and %d outputs, the node %d and %d", len(b.graph.Inputs), len(b.graph.Outputs), len(n.Inputs), len(n.Outputs))
	}
	if f.depth++; f.depth > f.im.options.MaxDepth {
		return false, fmt.Errorf("loops over lists are nested deeper than %d", f.im.options.MaxDepth)
	}
	defer func() { f.depth-- }()
	on, state, rows := n.Inputs[1], slices.Clone(n.Inputs[2:]), make([][]string, len(n.Outputs)-carried)
	for i := range turns.Int64s()[0] {
		switch goes, known := f.goesOn(on); {
		case !known:
			return false, fmt.Errorf("whether turn %d of a loop over lists is made is not known before the network runs", i+1)
		case !goes:
			return true, f.gather(n, state, rows)
		}
		out, err := f.turn(r, b, i, on, state)
		if err != nil {
			return false, fmt.Errorf("turn %d: %w", i+1, err)
		}
		on, state = out[0], out[1:1+carried]
		for k, s := range out[1+carried:] {
			rows[k] = append(rows[k], s)
		}
	}
	return true, f.gather(n, state, rows)
}

// goesOn returns the value of a condition; one that is left out holds.
func (f *folder) goesOn(name string) (goes, known bool) {
	if name == "" {
		return true, true
	}
	v, known := f.tracer.Fixed(name)
	if !known || v.DType() != tensor.Bool || v.Len() != 1 {
		return false, false
	}
	return tensor.Data[bool](v)[0], true
}

// turn writes out the body once and returns the names of its outputs.
func (f *folder) turn(r *raw, b branch, i int64, on string, state []string) ([]string, error) {
	inner := b.frame
	inner.names = f.im.inside(b)
	count := f.im.fresh(r.node.Outputs[0] + ".turn")
	f.weight(count, tensor.Scalar(i))
	if on == "" {
		on = f.im.fresh(r.node.Outputs[0] + ".goes")
		f.weight(on, tensor.Scalar(true))
	}
	for k, s := range append([]string{count, on}, state...) {
		inner.names[b.graph.Inputs[k].Name] = s
	}
	nodes, err := f.written(b, inner)
	if err != nil {
		return nil, err
	}
	if err := f.walk(nodes); err != nil {
		return nil, err
	}
	out := make([]string, len(b.graph.Outputs))
	for k, v := range b.graph.Outputs {
		out[k] = f.resolve(f.im.name(inner, v.Name))
	}
	return out, nil
}

// gather gives the node's outputs their values: what was carried, and the rows of all turns.
func (f *folder) gather(n *graph.Node, state []string, rows [][]string) error {
	for i, s := range state {
		if list, ok := f.sequences[s]; ok {
			if err := f.list(n.Outputs[i], list); err != nil {
				return err
			}
		} else if n.Outputs[i] != "" {
			f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Identity", Inputs: []string{s}, Outputs: []string{n.Outputs[i]}})
		}
	}
	for k, list := range rows {
		out := n.Outputs[len(state)+k]
		switch {
		case out == "":
		case len(list) == 0:
			return fmt.Errorf("a loop over lists makes no turn, and output %d has no rows", len(state)+k+1)
		default:
			f.join(&graph.Node{Name: n.Name, Scope: n.Scope, Outputs: []string{out}, Attributes: map[string]any{"new_axis": int64(1)}}, list)
		}
	}
	return nil
}
