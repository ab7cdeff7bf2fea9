package native

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// scan runs the body once for each step along an axis of some inputs.
func (r *run) scan(s *step, x *op.Exec, in []tensor.Tensor) ([]tensor.Tensor, error) {
	b, a := s.bodies[0], s.node.Attributes
	scanned := int(a.Int("num_scan_inputs", 0))
	if scanned < 1 || scanned > len(in) {
		return nil, fmt.Errorf("num_scan_inputs is %d, want 1 to %d", scanned, len(in))
	}
	carried := len(in) - scanned
	for i, t := range in {
		if !t.Valid() {
			return nil, fmt.Errorf("input %d is absent", i+1)
		}
	}
	along, err := directed(a, "scan_input", scanned)
	if err != nil {
		return nil, err
	}
	sequences, err := directed(a, "scan_output", len(b.graph.Outputs)-carried)
	if err != nil {
		return nil, err
	}
	turns := -1
	rows := make([]tensor.Tensor, scanned)
	for i, t := range in[carried:] {
		if rows[i], err = leading(x, t, along[i].axis); err != nil {
			return nil, fmt.Errorf("input %d: %w", carried+i+1, err)
		}
		if turns >= 0 && rows[i].Dim(0) != turns {
			return nil, fmt.Errorf("inputs of %d and %d steps, want as many of each", turns, rows[i].Dim(0))
		}
		turns = rows[i].Dim(0)
	}
	given := slices.Clone(in)
	for i, t := range rows {
		given[carried+i] = tensor.New(t.DType(), t.Shape()[1:]...)
	}
	state := make([]kept, carried, len(in))
	for i, t := range in[:carried] {
		state[i] = kept{Tensor: t}
	}
	inner := r.inside(b)
	for i := range turns {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		now := state[:carried:carried]
		for k, t := range rows {
			at := i
			if along[k].backwards {
				at = turns - 1 - i
			}
			now = append(now, kept{Tensor: t.Rows(at, at+1).Reshape(t.Shape()[1:]...)})
		}
		out, err := r.turn(inner, b, now)
		if err != nil {
			return nil, err
		}
		state = out[:carried]
		for k, row := range out[carried:] {
			if err := sequences[k].add(row); err != nil {
				return nil, err
			}
		}
	}
	return r.finish(b, x, given, state, sequences)
}

// directed reads the axes and directions of a scan's inputs or outputs.
func directed(a op.Attributes, prefix string, n int) ([]sequence, error) {
	out := make([]sequence, n)
	axes, directions := a.Ints(prefix+"_axes"), a.Ints(prefix+"_directions")
	if axes != nil && len(axes) != n || directions != nil && len(directions) != n {
		return nil, fmt.Errorf("%d axes and %d directions for %d values (%s)", len(axes), len(directions), n, prefix)
	}
	for i := range axes {
		out[i].axis = axes[i]
	}
	for i := range directions {
		out[i].backwards = directions[i] != 0
	}
	return out, nil
}

// leading brings an axis to the front.
func leading(x *op.Exec, t tensor.Tensor, axis int64) (tensor.Tensor, error) {
	if axis < 0 {
		axis += int64(t.Rank())
	}
	if axis < 0 || axis >= int64(t.Rank()) {
		return t, fmt.Errorf("axis %d of shape %v", axis, t.Shape())
	}
	if axis == 0 {
		return t, nil
	}
	perm := []int64{axis}
	for i := range int64(t.Rank()) {
		if i != axis {
			perm = append(perm, i)
		}
	}
	out, err := op.Transpose.Run(x, op.Attributes{"perm": perm}, []tensor.Tensor{t})
	if err != nil {
		return t, err
	}
	return out[0], nil
}
