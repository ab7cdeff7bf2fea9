package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// The recurrent layers.
var (
	RNN  = &Op{Name: "RNN", Run: recurrent(1)}
	GRU  = &Op{Name: "GRU", Run: recurrent(3)}
	LSTM = &Op{Name: "LSTM", Run: recurrent(4)}
)

// A cell is a recurrent layer in one direction, with everything as the step needs it.
type cell[T float32 | float64] struct {
	gates, steps, batch, units int
	wx                         []T // products of the inputs with W plus both biases, steps x batch x gates*units
	r                          []T // gates*units x units
	rb                         []T // recurrent bias of the last gate of a GRU, kept apart when it is reset
	peep                       []T
	h, c                       []T
	lengths                    []int64
	act                        []func(float64) float64
	before                     bool // linear_before_reset
	coupled                    bool // input_forget: what is not let in is kept
	gemm                       gemmFunc[T]
	single                     *single // nil in double precision
}

func recurrent(gates int) Func {
	return func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 3, 8); err != nil {
			return nil, err
		}
		switch in[0].DType() {
		case tensor.Float32:
			return recur(x, a, in, gates, gemm32(x))
		case tensor.Float64:
			return recur(x, a, in, gates, gemm64(x))
		}
		return nil, unsupported(in[0].DType())
	}
}

// recur runs all directions.
func recur[T float32 | float64](x *Exec, a Attributes, in []tensor.Tensor, gates int, gemm gemmFunc[T]) ([]tensor.Tensor, error) {
	t, w := in[0], in[1]
	if t.Rank() != 3 || w.Rank() != 3 || in[2].Rank() != 3 {
		return nil, fmt.Errorf("input %v, weights %v and %v, want three dimensions each", t.Shape(), w.Shape(), in[2].Shape())
	}
	samplesFirst := a.Int("layout", 0) == 1
	turned := []int{1, 0, 2}
	var err error
	if samplesFirst {
		if t, err = transposed(x, t, turned); err != nil {
			return nil, err
		}
	}
	dirs, units := w.Dim(0), in[2].Dim(2)
	l := layer{gates: gates, dirs: dirs, steps: t.Dim(0), batch: t.Dim(1), inputs: t.Dim(2), units: units, samplesFirst: samplesFirst}
	if err := l.check(a, in); err != nil {
		return nil, err
	}
	y, err := x.New(t.DType(), l.steps, dirs, l.batch, units)
	if err != nil {
		return nil, err
	}
	clear(tensor.Data[T](y))
	last, err := x.New(t.DType(), dirs, l.batch, units)
	if err != nil {
		return nil, err
	}
	state, err := x.New(t.DType(), dirs, l.batch, units)
	if err != nil {
		return nil, err
	}
	whole := l.batched(a, in)
	if whole {
		if err := l.batch32(x, in, t, y, last, state); err != nil {
			return nil, err
		}
	}
	for d := 0; d < dirs && !whole; d++ {
		c, err := cellOf(x, a, in, t, &l, d, gemm)
		if err != nil {
			return nil, err
		}
		reverse := d == 1 || l.direction == "reverse"
		if err := c.run(x, tensor.Data[T](y), d, dirs, reverse); err != nil {
			return nil, err
		}
		copy(tensor.Data[T](last)[d*len(c.h):], c.h)
		copy(tensor.Data[T](state)[d*len(c.h):], c.c)
	}
	if samplesFirst {
		if y, err = transposed(x, y, []int{2, 0, 1, 3}); err != nil {
			return nil, err
		}
		if last, err = transposed(x, last, turned); err != nil {
			return nil, err
		}
		if state, err = transposed(x, state, turned); err != nil {
			return nil, err
		}
	}
	return []tensor.Tensor{y, last, state}, nil
}

// A layer is the geometry of a recurrent layer.
type layer struct {
	gates, dirs, steps, batch, inputs, units int
	samplesFirst                             bool
	direction                                string
}

// check compares every shape with the geometry.
func (l *layer) check(a Attributes, in []tensor.Tensor) error {
	l.direction = a.Str("direction", "forward")
	want := map[string]int{"forward": 1, "reverse": 1, "bidirectional": 2}[l.direction]
	if want == 0 || want != l.dirs {
		return fmt.Errorf("direction %q with weights for %d", l.direction, l.dirs)
	}
	rows, state := l.gates*l.units, l.dirs*l.batch*l.units
	lens := map[int]int{1: l.dirs * rows * l.inputs, 2: l.dirs * rows * l.units, 3: l.dirs * 2 * rows, 4: l.batch, 5: state, 6: state, 7: l.dirs * 3 * l.units}
	for i := 1; i < len(in); i++ {
		if in[i].Valid() && in[i].Len() != lens[i] {
			return fmt.Errorf("input %d has shape %v, want %d elements", i+1, in[i].Shape(), lens[i])
		}
		if in[i].Valid() && i != 4 && in[i].DType() != in[0].DType() {
			return fmt.Errorf("input %d is %v, the first is %v", i+1, in[i], in[0])
		}
	}
	return nil
}

// cellOf prepares one direction: the products of the inputs are made for all steps at once.
func cellOf[T float32 | float64](x *Exec, a Attributes, in []tensor.Tensor, t tensor.Tensor, l *layer, d int, gemm gemmFunc[T]) (*cell[T], error) {
	rows := l.gates * l.units
	c := &cell[T]{gates: l.gates, steps: l.steps, batch: l.batch, units: l.units, gemm: gemm, before: a.Int("linear_before_reset", 0) != 0, coupled: a.Int("input_forget", 0) != 0}
	part := func(i, n int) []T {
		if s := optional(in, i); s.Valid() {
			return tensor.Data[T](s)[d*n : (d+1)*n]
		}
		return make([]T, n)
	}
	c.r = part(2, rows*l.units)
	var err error
	if c.act, err = activations(a, l.gates, l.dirs, d); err != nil {
		return nil, err
	}
	room, err := x.New(t.DType(), l.steps*l.batch, rows)
	if err != nil {
		return nil, err
	}
	c.wx = tensor.Data[T](room)
	bias := part(3, 2*rows)
	c.rb = make([]T, l.units)
	both := rows // gates that get the second bias here
	if l.gates == 3 && c.before {
		both = 2 * l.units
	}
	if len(c.wx) > 0 {
		gemm(x.Workers, false, true, l.steps*l.batch, rows, l.inputs, 1, tensor.Data[T](t), l.inputs, part(1, rows*l.inputs), l.inputs, 0, c.wx, rows)
	}
	for row := c.wx; len(row) > 0; row = row[rows:] { // one after the other: their sum rounded first costs a digit
		for g := range rows {
			row[g] += bias[g]
		}
		for g := range both {
			row[g] += bias[rows+g]
		}
	}
	if l.gates == 3 && c.before {
		copy(c.rb, bias[rows+2*l.units:])
	}
	if s := optional(in, 4); s.Valid() {
		if c.lengths, err = intsOf(s); err != nil {
			return nil, err
		}
	}
	c.h, c.c, c.peep = initial(in, 5, d, l, part), initial(in, 6, d, l, part), make([]T, 3*l.units)
	if l.gates == 4 {
		c.peep = part(7, 3*l.units)
	}
	c.single = singleOf(c, a, in)
	return c, nil
}

// initial copies the first state of a direction.
func initial[T float32 | float64](in []tensor.Tensor, i, d int, l *layer, part func(i, n int) []T) []T {
	out := make([]T, l.batch*l.units)
	s := optional(in, i)
	switch {
	case !s.Valid():
	case l.samplesFirst: // samples x directions x units
		all := tensor.Data[T](s)
		for b := range l.batch {
			copy(out[b*l.units:(b+1)*l.units], all[(b*l.dirs+d)*l.units:])
		}
	default:
		copy(out, part(i, l.batch*l.units))
	}
	return out
}

// run goes through the steps; sequences that have ended keep their state and give zeros.
func (c *cell[T]) run(x *Exec, y []T, d, dirs int, reverse bool) error {
	rows, size := c.gates*c.units, c.batch*c.units
	if size == 0 {
		return nil
	}
	hr := make([]T, c.batch*rows)
	for step := range c.steps {
		if err := x.stopped(); err != nil {
			return err
		}
		c.products(x, hr)
		for b := range c.batch {
			n := c.steps
			if c.lengths != nil {
				n = int(min(c.lengths[b], int64(c.steps)))
			}
			if step >= n {
				continue
			}
			at := step
			if reverse {
				at = n - 1 - step
			}
			c.advance(b, c.wx[(at*c.batch+b)*rows:][:rows], hr[b*rows:][:rows])
			copy(y[((at*dirs+d)*c.batch+b)*c.units:][:c.units], c.h[b*c.units:])
		}
	}
	return nil
}

// products multiplies the states of all samples with the recurrent weights.
func (c *cell[T]) products(x *Exec, out []T) {
	rows := c.gates * c.units
	if c.single != nil {
		c.single.products(x, c.batch, c.units, rows, any(c.h).([]float32), any(out).([]float32))
		return
	}
	c.gemm(x.Workers, false, true, c.batch, rows, c.units, 1, c.h, c.units, c.r, c.units, 0, out, rows)
}

// advance calculates the next state of one sample.
func (c *cell[T]) advance(b int, wx, hr []T) {
	n := c.units
	h, s := c.h[b*n:(b+1)*n], c.c[b*n:(b+1)*n]
	if c.single != nil && c.single.usual {
		c.single.advance(any(h).([]float32), any(s).([]float32), any(wx).([]float32), any(hr).([]float32))
		return
	}
	sum := func(g, i int) float64 { return float64(wx[g*n+i]) + float64(hr[g*n+i]) }
	switch c.gates {
	case 1:
		for i := range h {
			h[i] = T(c.act[0](sum(0, i)))
		}
	case 3: // Cho et al. 2014, eqs. 5 to 8
		c.advanceGRU(h, wx, hr, sum)
	case 4: // Gers and Schmidhuber 2000, with peepholes
		for i := range h {
			old := float64(s[i])
			in := c.act[0](sum(0, i) + float64(c.peep[i])*old)
			forget := 1 - in
			if !c.coupled {
				forget = c.act[0](sum(2, i) + float64(c.peep[2*n+i])*old)
			}
			now := forget*old + in*c.act[1](sum(3, i))
			out := c.act[0](sum(1, i) + float64(c.peep[n+i])*now)
			s[i], h[i] = T(now), T(out*c.act[2](now))
		}
	}
}

func (c *cell[T]) advanceGRU(h, wx, hr []T, sum func(g, i int) float64) {
	n := c.units
	z, next, reset := make([]float64, n), make([]float64, n), make([]T, n)
	for i := range h {
		z[i] = c.act[0](sum(0, i))
		r := c.act[0](sum(1, i))
		if c.before {
			next[i] = c.act[1](float64(wx[2*n+i]) + r*(float64(hr[2*n+i])+float64(c.rb[i])))
		}
		reset[i] = T(r * float64(h[i]))
	}
	if !c.before {
		row := make([]T, n)
		c.gemm(1, false, true, 1, n, n, 1, reset, n, c.r[2*n*n:], n, 0, row, n)
		for i := range row {
			next[i] = c.act[1](float64(wx[2*n+i]) + float64(row[i]))
		}
	}
	for i := range h {
		h[i] = T((1-z[i])*next[i] + z[i]*float64(h[i]))
	}
}
