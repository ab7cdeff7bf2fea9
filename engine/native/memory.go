package native

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
)

// bindings are the sizes of named dimensions.
type bindings map[string]int

// bind compares a shape with a declared one and learns the sizes of its names.
func (b bindings) bind(v graph.Value, shape []int) error {
	if v.Shape == nil {
		return nil
	}
	if len(shape) != len(v.Shape) {
		return fmt.Errorf("input %q has shape %v, want %d dimensions", v.Name, shape, len(v.Shape))
	}
	for i, d := range v.Shape {
		if d.Size >= 0 && d.Size != shape[i] {
			return fmt.Errorf("input %q has shape %v, want %d in dimension %d", v.Name, shape, d.Size, i)
		}
		if d.Size < 0 && d.Param != "" {
			b[d.Param] = shape[i]
		}
	}
	return nil
}

// Memory estimates the most bytes a run of that many samples holds. Named dimensions other than the
// samples count as one: Run asks again with the sizes it is given.
func (p *program) Memory(samples int) int64 {
	b := bindings{}
	for _, v := range p.graph.Inputs {
		if len(v.Shape) > 0 && v.Shape[0].Size < 0 {
			b[v.Shape[0].Param] = samples
		}
	}
	return p.peak(b)
}

// A piece is memory in the simulation: how many bytes, and how many values need it.
type piece struct {
	bytes int64
	refs  int
}

// peak goes through the steps as a run does, with sizes instead of memory.
func (p *program) peak(b bindings) int64 {
	var free []*piece
	var held, most int64
	at := make([]*piece, len(p.names))
	for i := range p.steps {
		s := &p.steps[i]
		for o, slot := range s.outputs {
			if slot < 0 {
				continue
			}
			if from := p.shares(s, at); o == 0 && from != nil {
				at[slot] = from
				from.refs++
				continue
			}
			need := p.bytes(slot, b)
			if k := fit(len(free), need, func(i int) int64 { return free[i].bytes }); k >= 0 {
				at[slot] = free[k]
				free = slices.Delete(free, k, k+1)
			} else {
				at[slot] = &piece{bytes: need}
				held += need
			}
			at[slot].refs = 1
		}
		most = max(most, held+p.within(s, b))
		for _, slot := range s.dead {
			if q := at[slot]; q != nil {
				if q.refs--; q.refs == 0 {
					free = append(free, q)
				}
			}
		}
	}
	return most
}

// within is what the graphs inside a step hold beside its outputs: one at a time, and the rows that it has
// not put together yet.
func (p *program) within(s *step, b bindings) (most int64) {
	for _, inner := range s.bodies {
		most = max(most, inner.peak(b))
	}
	if s.bodies == nil || s.node.Op == "If" {
		return most
	}
	for _, at := range s.outputs {
		if at >= 0 {
			most += p.bytes(at, b)
		}
	}
	return most
}

// shares returns the memory that the first output of a step takes over from an input.
func (p *program) shares(s *step, at []*piece) *piece {
	if s.view && len(s.inputs) > 0 && s.inputs[0] >= 0 {
		return at[s.inputs[0]]
	}
	return nil
}

// bytes returns what a value takes, as far as its shape is known.
func (p *program) bytes(slot int, b bindings) int64 {
	v, ok := p.graph.Values[p.names[slot]]
	if !ok || v.Shape == nil {
		return 0
	}
	size := int64(max(1, v.DType.Size()))
	if p.options.Float64 && v.DType.IsFloat() {
		size = 8
	}
	for _, d := range v.Shape {
		n := d.Size
		if n < 0 {
			n = 1
			if bound, ok := b[d.Param]; ok {
				n = bound
			}
		}
		if n > 0 && size > 1<<60/int64(n) {
			return 1 << 60
		}
		size *= int64(n)
	}
	return size
}
