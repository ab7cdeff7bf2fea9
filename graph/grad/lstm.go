package grad

import (
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
)

// lstmBack is the gradient of the LSTM that frameworks write: no peepholes, bounds, coupled gates, lengths or functions
// of its own. What the node gave for each step tells the states before, so that the gates of all steps are one
// product, as the weights' gradients are; only the cell and the gradients of the states go from step to step. Any
// other is written step by step.
func lstmBack(c *call) {
	w := c.dims(c.in(1))
	if c.err != nil || !c.plainLSTM() || len(w) != 3 || w[0].Size < 0 || w[1].Size < 0 {
		c.lowered(c, rule{lower: recurrentLower(4)})
		return
	}
	g := &lstmGradient{call: c, rows: int64(w[1].Size), units: int64(w[1].Size) / 4, x: c.in(0), y: c.out(0), dy: c.grad(0)}
	if c.int("layout", 0) == 1 {
		g.x, g.y = c.transpose(g.x, 1, 0, 2), c.transpose(g.y, 1, 2, 0, 3)
		if g.dy != "" {
			g.dy = c.transpose(g.dy, 1, 2, 0, 3)
		}
	}
	var parts [7][]string // by input, of each direction
	for k := range int64(w[0].Size) {
		for i, v := range g.direction(k) {
			parts[i] = append(parts[i], v)
		}
	}
	for i, list := range parts {
		if c.err != nil || !c.wants(i) {
			continue
		}
		axis := int64(0)
		switch {
		case i == 0:
			v := list[0]
			for _, other := range list[1:] {
				v = c.add(v, other)
			}
			if c.int("layout", 0) == 1 {
				v = c.transpose(v, 1, 0, 2)
			}
			c.give(0, v)
			continue
		case i >= 5 && c.int("layout", 0) == 1:
			axis = 1
		}
		for k := range list {
			list[k] = c.unsqueeze(list[k], axis)
		}
		v := list[0]
		if len(list) > 1 {
			v = c.with("Concat", op.Attributes{"axis": axis}, list...)
		}
		c.give(i, v)
	}
}

// plainLSTM says whether the node has nothing that lstmBack does not know.
func (c *call) plainLSTM() bool {
	for _, name := range []string{"activations", "activation_alpha", "activation_beta", "clip"} {
		if c.n.Attributes[name] != nil {
			return false
		}
	}
	return c.int("input_forget", 0) == 0 && c.in(4) == "" && c.in(7) == "" && c.out(0) != ""
}

// An lstmGradient has the input, output and its gradient with the steps first.
type lstmGradient struct {
	*call
	rows, units int64
	x, y, dy    string
}

// direction returns the gradients of the inputs 0 to 6 as far as one direction goes, "" for what is not wanted.
func (g *lstmGradient) direction(k int64) (out [7]string) {
	l := &recurrence{call: g.call, gates: 4, units: g.units}
	backwards := k == 1 || g.str("direction", "forward") == "reverse"
	one := func(v string) string { // a direction's part of [steps, directions, samples, units]
		return g.op("Squeeze", l.cut(v, 1, k, k+1), g.ints(1))
	}
	y, w, r := one(g.y), l.part(1, k), l.part(2, k)
	none := g.op("Expand", g.number(0, g.x), g.list(g.sizeOf(g.x, 1), g.ints(g.units)))
	or := func(v string) string {
		if v == "" {
			return none
		}
		return v
	}
	h := g.before(y, or(l.part(5, k)), backwards)
	all := g.add(g.op("MatMul", g.x, g.swapped(w)), g.op("MatMul", h, g.swapped(r)))
	if g.in(3) != "" {
		bias := l.part(3, k)
		all = g.add(all, g.add(l.cut(bias, 0, 0, g.rows), l.cut(bias, 0, g.rows, 2*g.rows)))
	}
	gate := func(v string, i int64) string { return l.cut(v, 2, i*g.units, (i+1)*g.units) }
	open := g.op("Sigmoid", l.cut(all, 2, 0, 3*g.units))
	in, output, forget, candidate := gate(open, 0), gate(open, 1), gate(open, 2), g.op("Tanh", gate(all, 3))
	let := g.mul(in, candidate)
	first := or(l.part(6, k))
	state := g.steps([]string{first}, []string{forget, let}, backwards, func(s, rows []string) []string {
		next := g.add(g.mul(rows[0], s[0]), rows[1])
		return []string{next, next}
	})[1]
	// What the gates' sums change of the loss by unit of what the cell (input, forget, candidate) or the output changes.
	bound := func(v, by string) string { return g.sub(v, g.mul(v, by)) } // v (1 - by)
	through := g.sub(output, g.mul(y, g.op("Tanh", state)))
	slope := g.with("Concat", op.Attributes{"axis": int64(2)}, bound(let, in), bound(y, output),
		bound(g.mul(g.before(state, first, backwards), forget), forget), g.sub(in, g.mul(let, candidate)))
	rows := []string{through, slope, forget}
	if g.dy != "" {
		rows = append(rows, one(g.dy))
	}
	back := g.steps([]string{or(g.last(1, k)), or(g.last(2, k))}, rows, !backwards, func(s, rows []string) []string {
		dh := s[0]
		if len(rows) > 3 {
			dh = g.add(dh, rows[3])
		}
		dc := g.add(s[1], g.mul(dh, rows[0]))
		sums := g.mul(g.with("Concat", op.Attributes{"axis": int64(1)}, dc, dh, dc, dc), rows[1])
		return []string{g.op("MatMul", sums, r), g.mul(dc, rows[2]), sums}
	})
	flat := g.with("Reshape", nil, back[2], g.ints(-1, g.rows))
	product := func(v, columns string) string {
		return g.with("Gemm", op.Attributes{"transA": int64(1)}, flat, g.with("Reshape", nil, v, g.list(g.ints(-1), columns)))
	}
	for i := range out {
		if !g.wants(i) {
			continue
		}
		switch i {
		case 0:
			out[i] = g.op("MatMul", back[2], w)
		case 1:
			out[i] = product(g.x, g.sizeOf(g.in(1), 2))
		case 2:
			out[i] = product(h, g.ints(g.units))
		case 3:
			sum := g.sum(flat, false, 0)
			out[i] = g.with("Concat", op.Attributes{"axis": int64(0)}, sum, sum)
		case 5, 6:
			out[i] = back[i-5]
		}
	}
	return out
}

// before is what was there before each step: the first state, and v, what the steps gave, but the last of them.
func (g *lstmGradient) before(v, first string, backwards bool) string {
	first = g.unsqueeze(first, 0)
	parts := []string{first, g.slice(v, 0, g.ints(0), g.ints(-1))}
	if backwards {
		parts = []string{g.slice(v, 0, g.ints(1), g.ints(1<<31)), first}
	}
	return g.with("Concat", op.Attributes{"axis": int64(0)}, parts...)
}

// last is the gradient of a last state, "" if there is none.
func (g *lstmGradient) last(output int, k int64) string {
	v := g.grad(output)
	if v == "" {
		return ""
	}
	axis := int64(0)
	if g.int("layout", 0) == 1 {
		axis = 1
	}
	return g.op("Squeeze", g.slice(v, int(axis), g.ints(k), g.ints(k+1)), g.ints(axis))
}

// steps is scanned in one direction or the other, rows given in the order of time.
func (g *lstmGradient) steps(states, rows []string, backwards bool, step func(states, rows []string) []string) []string {
	from := len(g.nodes)
	out := g.scanned(states, rows, step)
	if g.err != nil || !backwards {
		return out
	}
	i := from + slices.IndexFunc(g.nodes[from:], func(n graph.Node) bool { return n.Op == "Scan" })
	a := g.nodes[i].Attributes
	a["scan_input_directions"] = slices.Repeat([]int64{1}, len(rows))
	a["scan_output_directions"] = slices.Repeat([]int64{1}, len(out)-len(states))
	return out
}
