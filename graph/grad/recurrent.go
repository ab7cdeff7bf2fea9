package grad

import "github.com/stratascope/stratascope/op"

// A recurrence is a recurrent layer written step by step, in one direction.
type recurrence struct {
	*call
	gates, units int64
	functions    []func(x string) string // its activations
	r            string                  // recurrent weight, transposed
	reset        string                  // recurrent bias of the last gate of a GRU
	peep         [3]string
	h, state     string
}

// mostSteps bounds what is unrolled: a step is some twenty nodes. More of them, or a number that differs
// from run to run, are a Scan.
const mostSteps = 32

// recurrentLower writes a layer step by step. Sequences of several lengths are turned round each by its own
// length.
func recurrentLower(gates int64) func(c *call) []string {
	return func(c *call) []string {
		x, flip := c.in(0), []int64{1, 0, 2}
		samplesFirst := c.int("layout", 0) == 1
		if samplesFirst {
			x = c.transpose(x, flip...)
		}
		d, w := c.dims(x), c.dims(c.in(2))
		if c.err == nil && (len(d) != 3 || len(w) != 3 || w[0].Size < 0 || w[2].Size < 0) {
			c.refuse("with an input of shape %v and a weight of shape %v has no gradient yet", d, w)
		}
		if c.err != nil {
			return nil
		}
		var ys, hs, cs []string
		for k := range w[0].Size {
			l := &recurrence{call: c, gates: gates, units: int64(w[2].Size)}
			y := l.direction(x, int64(k), int64(w[0].Size), d[0].Size)
			ys, hs, cs = append(ys, c.unsqueeze(y, 1)), append(hs, c.unsqueeze(l.h, 0)), append(cs, l.state)
		}
		joined := func(list []string, axis int64) string {
			if len(list) == 1 {
				return list[0]
			}
			return c.with("Concat", op.Attributes{"axis": axis}, list...)
		}
		out := []string{joined(ys, 1), joined(hs, 0)}
		if gates == 4 {
			for i := range cs {
				cs[i] = c.unsqueeze(cs[i], 0)
			}
			out = append(out, joined(cs, 0))
		}
		if samplesFirst {
			out[0] = c.transpose(out[0], 2, 0, 1, 3)
			for i := range out[1:] {
				out[1+i] = c.transpose(out[1+i], flip...)
			}
		}
		return out
	}
}

// direction runs one of so many directions and returns its outputs [steps, samples, units].
func (l *recurrence) direction(x string, k, directions int64, steps int) string {
	lengths := l.in(4)
	reverse := k == 1 || l.str("direction", "forward") == "reverse"
	if reverse {
		x = l.turned(x, lengths)
	}
	l.prepare(k, directions)
	part := func(i int) string { return l.part(i, k) }
	rows := l.gates * l.units
	wx := l.op("MatMul", x, l.swapped(part(1)))
	if l.in(3) != "" {
		bias := part(3)
		wb, rb := l.cut(bias, 0, 0, rows), l.cut(bias, 0, rows, 2*rows)
		if l.gates == 3 && l.int("linear_before_reset", 0) != 0 {
			l.reset = l.cut(rb, 0, 2*l.units, rows)
			none := l.op("Expand", l.number(0, rb), l.ints(l.units))
			rb = l.with("Concat", op.Attributes{"axis": int64(0)}, l.cut(rb, 0, 0, 2*l.units), none)
		}
		wx = l.add(wx, l.add(wb, rb))
	}
	if lengths != "" {
		lengths = l.cast64(lengths)
	}
	var y string
	if steps < 1 || steps > mostSteps {
		y = l.scan(wx, lengths)
	} else {
		outputs := make([]string, steps)
		for t := range steps {
			at := l.op("Squeeze", l.cut(wx, 0, int64(t), int64(t+1)), l.ints(0))
			outputs[t] = l.unsqueeze(l.next(at, l.integer(int64(t)), lengths), 0)
		}
		y = l.with("Concat", op.Attributes{"axis": int64(0)}, outputs...)
	}
	if reverse {
		y = l.turned(y, lengths)
	}
	return y
}

// next goes on by a step and returns its output. A sequence that has ended keeps its state and gives zeros.
func (l *recurrence) next(wx, t, lengths string) string {
	h, state := l.step(wx)
	if lengths == "" {
		l.h, l.state = h, state
		return h
	}
	goes := l.unsqueeze(l.op("Less", t, lengths), 1)
	l.h = l.op("Where", goes, h, l.h)
	if l.gates == 4 {
		l.state = l.op("Where", goes, state, l.state)
	}
	return l.op("Where", goes, h, l.number(0, h))
}

// scan writes the steps as a Scan and returns their outputs.
func (l *recurrence) scan(wx, lengths string) string {
	states := []string{l.h}
	if l.gates == 4 {
		states = append(states, l.state)
	}
	out := l.scanned(states, []string{wx, l.counted(wx, 0)}, func(states, rows []string) []string {
		if l.h = states[0]; l.gates == 4 {
			l.state = states[1]
		}
		y := l.next(rows[0], rows[1], lengths)
		if l.gates == 4 {
			return []string{l.h, l.state, y}
		}
		return []string{l.h, y}
	})
	if l.h = out[0]; l.gates == 4 {
		l.state = out[1]
	}
	return out[len(out)-1]
}

// turned runs time backwards.
func (l *recurrence) turned(x, lengths string) string {
	if lengths == "" {
		return l.op("Slice", x, l.ints(-1), l.ints(-1<<31), l.ints(0), l.ints(-1))
	}
	return l.with("ReverseSequence", op.Attributes{"time_axis": int64(0), "batch_axis": int64(1)}, x, l.cast64(lengths))
}

// part returns what input i holds for a direction, "" if it is absent.
func (l *recurrence) part(i int, k int64) string {
	if l.in(i) == "" {
		return ""
	}
	axis := int64(0)
	if l.int("layout", 0) == 1 && (i == 5 || i == 6) {
		axis = 1
	}
	return l.op("Squeeze", l.cut(l.in(i), axis, k, k+1), l.ints(axis))
}

func (l *recurrence) cut(x string, axis, from, to int64) string {
	return l.slice(x, int(axis), l.ints(from), l.ints(to))
}

// prepare reads weights, functions and first states.
func (l *recurrence) prepare(k, directions int64) {
	l.activations(k, directions)
	l.r = l.swapped(l.part(2, k))
	if p := l.part(7, k); p != "" && l.gates == 4 {
		for i := range l.peep {
			l.peep[i] = l.cut(p, 0, int64(i)*l.units, int64(i+1)*l.units)
		}
	}
	axis := 1
	if l.int("layout", 0) == 1 {
		axis = 0
	}
	zeros := l.op("Expand", l.number(0, l.in(0)), l.list(l.sizeOf(l.in(0), axis), l.ints(l.units)))
	if l.h = l.part(5, k); l.h == "" {
		l.h = zeros
	}
	if l.state = l.part(6, k); l.state == "" {
		l.state = zeros
	}
}

// step calculates the next output and state from the products of the inputs.
func (l *recurrence) step(wx string) (h, state string) {
	hr := l.op("MatMul", l.h, l.r)
	gate := func(x string, i int64) string { return l.cut(x, 1, i*l.units, (i+1)*l.units) }
	switch l.gates {
	case 1:
		return l.functions[0](l.add(wx, hr)), ""
	case 3:
		return l.stepGRU(wx, hr, gate), ""
	}
	all := l.add(wx, hr)
	peeped := func(i int64, p int, s string) string {
		if l.peep[p] == "" {
			return gate(all, i)
		}
		return l.add(gate(all, i), l.mul(l.peep[p], s))
	}
	in := l.functions[0](peeped(0, 0, l.state))
	forget := l.sub(l.number(1, in), in)
	if l.int("input_forget", 0) == 0 {
		forget = l.functions[0](peeped(2, 2, l.state))
	}
	state = l.add(l.mul(forget, l.state), l.mul(in, l.functions[1](gate(all, 3))))
	out := l.functions[0](peeped(1, 1, state))
	return l.mul(out, l.functions[2](state)), state
}

func (l *recurrence) stepGRU(wx, hr string, gate func(x string, i int64) string) string {
	z := l.functions[0](l.add(gate(wx, 0), gate(hr, 0)))
	r := l.functions[0](l.add(gate(wx, 1), gate(hr, 1)))
	var again string
	if l.int("linear_before_reset", 0) != 0 {
		again = gate(hr, 2)
		if l.reset != "" {
			again = l.add(again, l.reset)
		}
		again = l.mul(r, again)
	} else {
		again = l.op("MatMul", l.mul(r, l.h), gate(l.r, 2))
	}
	next := l.functions[1](l.add(gate(wx, 2), again))
	return l.add(l.mul(l.sub(l.number(1, z), z), next), l.mul(z, l.h))
}
