package receptive

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/graph"
)

// A state is what is known of a value that depends on inputs; values that depend on none have none.
type state struct {
	span map[int]span // by axis of the inputs
	axes [][]piece    // what lies along each axis of the value, the fastest last; axes of size 1 can be empty
}

// A span is what the first element of a value sees along the path that adds least, how much, and along all, from
// where to where; positions before the input are negative.
type span struct{ shortest, low, high float64 }

// whole is a span of everything.
var whole = span{Whole, -Whole, Whole}

func (r span) longest() float64 { return r.high - r.low + 1 }

// A piece is a stretch of an axis.
type piece struct {
	axis int     // of the inputs; none where it is of no input
	size int     // -1: name
	name string  // of a size that differs from run to run
	step float64 // positions of the input from one element to the next, below 0 backwards, Whole where it differs
	cell float64 // positions from one group of elements that see the same to the next, where that is more: after upsampling
}

const none = -1

// pieces splits a size that is of no input: 4*batch are two, of which the samples come first.
func pieces(d graph.Dim) []piece {
	if d.Size >= 0 {
		return []piece{{axis: none, size: d.Size}}
	}
	var out []piece
	for _, name := range strings.Split(d.Param, "*") {
		if n, err := strconv.Atoi(name); err == nil {
			out = append(out, piece{axis: none, size: n})
		} else {
			out = slices.Insert(out, 0, piece{axis: none, size: -1, name: name})
		}
	}
	return out
}

// see makes an element see what those from some steps after it to others see; before it they are negative.
func see(s *state, p piece, from, until float64) {
	if p.axis == none || from == 0 && until == 0 {
		return
	}
	r := s.span[p.axis]
	r.shortest += (until - from) * math.Abs(p.step)
	low, high := from*p.step, until*p.step
	if p.step < 0 {
		low, high = high, low
	}
	if p.cell > 0 {
		width := math.Ceil((high-low)/p.cell) * p.cell
		low = math.Floor(low/p.cell) * p.cell
		high = low + width
	}
	s.span[p.axis] = span{r.shortest, r.low + low, r.high + high}
}

// seeAll makes elements see all that lies along an axis.
func (f *Fields) seeAll(s *state, axis []piece) {
	for _, p := range axis {
		if p.axis == none {
			continue
		}
		if p.size < 0 || p.step == Whole {
			s.span[p.axis] = whole
			continue
		}
		see(s, p, 0, float64(p.size-1))
		if r, n := s.span[p.axis], float64(f.sizes[p.axis]); n >= 0 && p.size > 1 {
			if r.shortest >= n {
				r.shortest = Whole
			}
			if r.longest() >= n {
				r.low, r.high = -Whole, Whole
			}
			s.span[p.axis] = r
		}
	}
}

// An operand is a value that a node reads, and to which axis of its output each of its axes goes: none where
// the node sums over it.
type operand struct {
	*state
	to []int
}

// combine is what comes of operands, of which those without a state are left out. An operand that lies along
// an axis otherwise than the output does is seen from elsewhere, too: its elements can be anywhere.
func (f *Fields) combine(shape []graph.Dim, operands ...operand) *state {
	operands = slices.DeleteFunc(operands, func(o operand) bool { return o.state == nil })
	if len(operands) == 0 {
		return nil
	}
	out := &state{span: map[int]span{}, axes: make([][]piece, len(shape))}
	for _, o := range operands {
		for i, axis := range o.axes {
			if to := o.to[i]; to != none && !repeated(axis, shape[to]) && (known(axis) && !known(out.axes[to]) || out.axes[to] == nil && fits(axis, shape[to])) {
				out.axes[to] = axis
			}
		}
	}
	for _, o := range operands {
		one := &state{span: maps.Clone(o.span)}
		own := make([][]piece, len(shape))
		for i, axis := range o.axes {
			if o.to[i] == none {
				f.seeAll(one, axis)
			} else {
				own[o.to[i]] = axis
			}
		}
		for i, axis := range out.axes {
			if repeated(own[i], shape[i]) {
				own[i] = nil
			}
			elsewhere(one, axis, own[i])
			elsewhere(one, own[i], axis)
			if len(axis) == 1 && len(own[i]) == 1 {
				out.axes[i] = slices.Clone(axis)
				out.axes[i][0].cell = max(axis[0].cell, own[i][0].cell)
			}
		}
		for a, r := range one.span {
			if old, ok := out.span[a]; ok {
				r = span{min(r.shortest, old.shortest), min(r.low, old.low), max(r.high, old.high)}
			}
			out.span[a] = r
		}
	}
	for i, d := range shape {
		if out.axes[i] == nil {
			out.axes[i] = pieces(d)
		}
	}
	return out
}

// anywhere makes a state see all of what lies along an axis: neighbours there can be from anywhere.
func anywhere(s *state, axis []piece) { elsewhere(s, axis, nil) }

// elsewhere makes a state see all of the axes that some pieces are of and others are not.
func elsewhere(s *state, some, others []piece) {
	for _, p := range some {
		r, depends := s.span[p.axis]
		if depends && !slices.ContainsFunc(others, func(q piece) bool { return q.axis == p.axis && q.step == p.step }) {
			s.span[p.axis] = span{r.shortest, -Whole, Whole}
		}
	}
}

// repeated reports whether an axis of one position lies along all of another.
func repeated(axis []piece, d graph.Dim) bool {
	one := graph.Dim{Size: 1}
	return d != one && fits(axis, one)
}

// fits reports whether pieces make up a size.
func fits(axis []piece, d graph.Dim) bool {
	_, ok := regroup([][]piece{axis}, []graph.Dim{d})
	return ok
}

// known reports whether some of an axis is of an input.
func known(axis []piece) bool {
	return slices.ContainsFunc(axis, func(p piece) bool { return p.axis != none })
}

// lost is what comes of values in a way that is not followed: it sees all of what they depend on.
func lost(shape []graph.Dim, from ...*state) *state {
	from = slices.DeleteFunc(from, func(s *state) bool { return s == nil })
	if len(from) == 0 {
		return nil
	}
	out := &state{span: map[int]span{}}
	for _, s := range from {
		for a := range s.span {
			out.span[a] = whole
		}
	}
	for _, d := range shape {
		out.axes = append(out.axes, pieces(d))
	}
	return out
}

// stretch gives an axis another size, at a step that is longer by a factor, after elements have seen others at
// the old step.
func stretch(s *state, axis int, to graph.Dim, from, until, factor float64) {
	old := s.axes[axis]
	switch {
	case !known(old):
		s.axes[axis] = pieces(to)
	case len(old) == 1 && old[0].step != Whole:
		p := old[0]
		see(s, p, from, until)
		if factor != math.Trunc(factor) {
			p.cell = max(p.cell, math.Abs(p.step))
		}
		p.size, p.name, p.step = to.Size, to.Param, p.step*factor
		s.axes[axis] = []piece{p}
	default: // an axis in which several lie: from here on no step leads along one of them
		if from != 0 || until != 0 {
			anywhere(s, old)
		}
		size := piece{size: to.Size, name: to.Param} // of the first, which stands for all
		s.axes[axis] = nil
		for _, p := range old {
			if p.axis != none {
				s.axes[axis] = append(s.axes[axis], piece{p.axis, size.size, size.name, Whole, 0})
				size = piece{size: 1}
			}
		}
	}
}

// leads reports whether a piece and the one behind it are one.
func (p piece) leads(q piece) bool {
	return p.axis == q.axis && p.axis != none && p.size > 0 && q.size > 0 && p.step == q.step*float64(q.size) && p.cell == q.cell && p.step != Whole
}

// regroup shares the pieces of a value's axes among other axes, the last first; it fails where a size would
// cut a piece in a way that no step describes.
func regroup(axes [][]piece, shape []graph.Dim) ([][]piece, bool) {
	rest := slices.DeleteFunc(slices.Concat(axes...), func(p piece) bool { return p.size == 1 && p.step != Whole })
	out := make([][]piece, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		size, names := 1, []string(nil)
		for _, p := range pieces(shape[i]) {
			if p.size >= 0 {
				size *= p.size
			} else {
				names = append(names, p.name)
			}
		}
		for size != 1 || len(names) > 0 {
			if len(rest) == 0 {
				return nil, false
			}
			p := rest[len(rest)-1]
			rest = rest[:len(rest)-1]
			switch {
			case p.size < 0 && p.name == shape[i].Param && len(out[i]) == 0:
				size, names = 1, nil
			case p.size < 0:
				at := slices.Index(names, p.name)
				if at < 0 {
					return nil, false
				}
				names = slices.Delete(names, at, at+1)
			case p.size > 0 && size%p.size == 0:
				size /= p.size
			case size > 1 && p.size%size == 0:
				outer := piece{p.axis, p.size / size, "", p.step * float64(size), p.cell}
				rest = append(rest, outer)
				p.size, size = size, 1
			default:
				return nil, false
			}
			if len(out[i]) > 0 && p.leads(out[i][0]) {
				out[i][0].size *= p.size
				continue
			}
			out[i] = append([]piece{p}, out[i]...)
		}
	}
	return out, len(rest) == 0
}
