package native

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A sequence collects what the turns of a body give for one output of the node.
type sequence struct {
	rows      []kept
	axis      int64 // on which they are put together; may count from the end
	backwards bool
}

func (q *sequence) add(k kept) error {
	if len(q.rows) > 0 && !slices.Equal(q.rows[0].Shape(), k.Shape()) {
		return fmt.Errorf("turn %d gives %v, the turns before %v", len(q.rows)+1, k.Tensor, q.rows[0].Tensor)
	}
	q.rows = append(q.rows, k)
	return nil
}

// joined puts the rows together on a new axis and gives up their memory.
func (q *sequence) joined(r *run, x *op.Exec) (tensor.Tensor, error) {
	rank := q.rows[0].Rank() + 1
	axis := q.axis
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		return tensor.Tensor{}, fmt.Errorf("scan_output_axes names axis %d of rank %d", q.axis, rank)
	}
	parts := make([]tensor.Tensor, len(q.rows))
	for i, k := range q.rows {
		parts[i] = k.Reshape(slices.Insert(slices.Clone(k.Shape()), int(axis), 1)...)
	}
	if q.backwards {
		slices.Reverse(parts)
	}
	out, err := op.Concat.Run(x, op.Attributes{"axis": axis}, parts)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if len(parts) == 1 { // which may lie in the memory of its row
		return out[0].Clone(), r.drop(q.rows)
	}
	return out[0], r.drop(q.rows)
}

// drop gives up claims on memory that is too scattered to be kept for reuse.
func (r *run) drop(rows []kept) error {
	for _, k := range rows {
		if b := k.buffer; b != nil {
			if b.refs--; b.refs == 0 {
				r.arena.held -= b.bytes
			}
		}
	}
	return nil
}

// finish gives the outputs of a node: what was carried from turn to turn, then the sequences.
func (r *run) finish(b *body, x *op.Exec, given []tensor.Tensor, state []kept, sequences []sequence) ([]tensor.Tensor, error) {
	out := r.hand(state)
	for i := range sequences {
		var t tensor.Tensor
		var err error
		if len(sequences[i].rows) == 0 {
			t, err = r.none(b, given, len(b.graph.Outputs)-len(sequences)+i)
		} else {
			t, err = sequences[i].joined(r, x)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// none is a sequence of no rows: the shape of a row comes from inference, with 0 for sizes it leaves open.
func (r *run) none(b *body, given []tensor.Tensor, output int) (tensor.Tensor, error) {
	g := *b.graph
	g.Inputs = slices.Clone(g.Inputs)
	for _, at := range b.takes {
		given = append(given, r.tensors[at])
	}
	for i, t := range given {
		g.Inputs[i] = like(g.Inputs[i].Name, t)
	}
	name := g.Outputs[output]
	v := shape.InferUntil(r.ctx, &g)[name]
	if w := g.Weights[name]; w.Valid() {
		v = like(name, w)
	}
	if v.DType == tensor.Invalid {
		return tensor.Tensor{}, fmt.Errorf("no turn is made, and the type of output %q is not known", name)
	}
	sizes := []int{0}
	for _, d := range v.Shape {
		sizes = append(sizes, max(0, d.Size))
	}
	return tensor.New(v.DType, sizes...), nil
}

// like declares a value as a tensor is.
func like(name string, t tensor.Tensor) graph.Value {
	v := graph.Value{Name: name, DType: t.DType(), Shape: []graph.Dim{}}
	for _, n := range t.Shape() {
		v.Shape = append(v.Shape, graph.Dim{Size: n})
	}
	return v
}

// loop runs the body until the count or the condition ends it.
func (r *run) loop(s *step, x *op.Exec, in []tensor.Tensor) ([]tensor.Tensor, error) {
	for len(in) < 2 {
		in = append(in, tensor.Tensor{})
	}
	most, on := int64(math.MaxInt64), true
	if t := in[0]; t.Valid() {
		if t.DType() != tensor.Int64 || t.Len() != 1 {
			return nil, fmt.Errorf("count of type %v and shape %v, want one int64", t.DType(), t.Shape())
		}
		most = t.Int64s()[0]
	}
	if t := in[1]; t.Valid() {
		var err error
		if on, err = truth(t); err != nil {
			return nil, err
		}
	}
	b := s.bodies[0]
	state := make([]kept, len(in)-2)
	for i, t := range in[2:] {
		if !t.Valid() {
			return nil, fmt.Errorf("input %d is absent", i+3)
		}
		state[i] = kept{Tensor: t}
	}
	counters := [2][]int{declared(b.graph.Inputs[0]), declared(b.graph.Inputs[1])}
	given := append([]tensor.Tensor{tensor.Of([]int64{0}, counters[0]...), tensor.Of([]bool{on}, counters[1]...)}, in[2:]...)
	sequences := make([]sequence, len(b.graph.Outputs)-1-len(state))
	inner := r.inside(b)
	for i := int64(0); i < most && on; i++ {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		count, goes := tensor.Of([]int64{i}, counters[0]...), tensor.Of([]bool{true}, counters[1]...)
		out, err := r.turn(inner, b, append([]kept{{Tensor: count}, {Tensor: goes}}, state...))
		if err != nil {
			return nil, err
		}
		if on, err = truth(out[0].Tensor); err != nil {
			return nil, err
		}
		r.arena.release(out[0].buffer)
		state = out[1 : 1+len(state)]
		for k, row := range out[1+len(state):] {
			if err := sequences[k].add(row); err != nil {
				return nil, err
			}
		}
	}
	return r.finish(b, x, given, state, sequences)
}

// declared is the shape of a counter or a condition as the body's input says: none, or one element.
func declared(v graph.Value) []int {
	if len(v.Shape) == 1 {
		return []int{1}
	}
	return nil
}
