package native

import (
	"slices"

	"github.com/stratascope/stratascope/engine"
)

// Memory estimates the most bytes a run of that many samples holds. Named dimensions other than the
// samples count as one: Run asks again with the sizes it is given.
func (p *program) Memory(samples int) int64 {
	return p.peak(engine.Samples(p.graph, samples))
}

// A piece is memory in the simulation: how many bytes, and how many values need it.
type piece struct {
	bytes int64
	refs  int
}

// peak goes through the steps as a run does, with sizes instead of memory.
func (p *program) peak(b engine.Sizes) int64 {
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
func (p *program) within(s *step, b engine.Sizes) (most int64) {
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
func (p *program) bytes(slot int, b engine.Sizes) int64 {
	return b.Bytes(p.graph.Values[p.names[slot]], p.options.Float64)
}
