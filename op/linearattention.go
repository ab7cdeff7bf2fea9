package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// LinearAttention keeps the products of keys and values in one matrix for each head, which decays and is
// corrected as its rule says (Yang et al. 2025, eqs. 4 and 10).
var LinearAttention = &Op{Name: "LinearAttention", Run: linearAttention}

// A memory is the geometry of a linear attention.
type memory struct {
	batch, steps       int
	heads, pairs       int // heads of queries, and of keys and values
	keys, values       int // units of a head
	scale              float64
	gated, delta       bool
	decays, rates      int // numbers of decay and of beta at a step
	q, k, v, decay, in []float64
	beta               []float64
}

func linearAttention(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 6); err != nil {
		return nil, err
	}
	m, err := memoryOf(a, in)
	if err != nil {
		return nil, err
	}
	for i, into := range []*[]float64{&m.q, &m.k, &m.v, &m.in, &m.decay, &m.beta} {
		if t := optional(in, i); t.Valid() {
			if *into, err = floatsOf(t); err != nil {
				return nil, err
			}
		}
	}
	shape := []int{m.batch, m.steps, m.heads * m.values}
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	state, err := x.New(tensor.Float64, m.batch, m.pairs, m.keys, m.values)
	if err != nil {
		return nil, err
	}
	clear(state.Float64s())
	copy(state.Float64s(), m.in)
	out := make([]float64, y.Len())
	each(x, m.batch*m.pairs, m.batch*m.pairs*m.steps*m.keys*m.values, func(i int) {
		m.head(x, i/m.pairs, i%m.pairs, state.Float64s()[i*m.keys*m.values:][:m.keys*m.values], out)
	})
	res, err := fromFloats(x, in[0].DType(), out, shape...)
	if err != nil {
		return nil, err
	}
	d := in[0].DType()
	if p := optional(in, 3); p.Valid() {
		d = p.DType()
	}
	present, err := convert(x, state, d)
	return append(res, present), err
}

// memoryOf checks the inputs: samples x positions x heads*units.
func memoryOf(a Attributes, in []tensor.Tensor) (*memory, error) {
	q, k, v := in[0].Shape(), in[1].Shape(), in[2].Shape()
	m := &memory{heads: int(a.Int("q_num_heads", 0)), pairs: int(a.Int("kv_num_heads", 0))}
	if len(q) != 3 || len(k) != 3 || len(v) != 3 || m.heads < 1 || m.pairs < 1 || m.heads%m.pairs != 0 ||
		q[2]%m.heads != 0 || v[2]%m.pairs != 0 || q[0] != k[0] || q[0] != v[0] || q[1] != k[1] || q[1] != v[1] {
		return nil, fmt.Errorf("queries %v, keys %v and values %v do not fit %d and %d heads", q, k, v, m.heads, m.pairs)
	}
	m.batch, m.steps, m.keys, m.values = q[0], q[1], q[2]/m.heads, v[2]/m.pairs
	if m.keys*m.pairs != k[2] {
		return nil, fmt.Errorf("keys of %d units, want %d heads of %d", k[2], m.pairs, m.keys)
	}
	if m.scale = float64(a.Float("scale", 0)); m.scale == 0 {
		m.scale = 1 / math.Sqrt(float64(m.keys))
	}
	switch rule := a.Str("update_rule", "gated_delta"); rule {
	case "linear":
	case "gated":
		m.gated = true
	case "delta":
		m.delta = true
	case "gated_delta":
		m.gated, m.delta = true, true
	default:
		return nil, fmt.Errorf("update_rule %q is not known", rule)
	}
	decay, beta := optional(in, 4), optional(in, 5)
	if decay.Valid() != m.gated || beta.Valid() != m.delta {
		return nil, fmt.Errorf("decay given: %v, beta given: %v, want %v and %v", decay.Valid(), beta.Valid(), m.gated, m.delta)
	}
	per := func(t tensor.Tensor, counts ...int) (int, error) {
		for _, n := range counts {
			if !t.Valid() || t.Rank() == 3 && t.Dim(0) == m.batch && t.Dim(1) == m.steps && t.Dim(2) == n {
				return n, nil
			}
		}
		return 0, fmt.Errorf("shape %v, want %d x %d x one of %v", t.Shape(), m.batch, m.steps, counts)
	}
	var err error
	if m.decays, err = per(decay, m.pairs*m.keys, m.pairs); err != nil {
		return nil, fmt.Errorf("decay: %w", err)
	}
	if m.rates, err = per(beta, m.pairs, 1); err != nil {
		return nil, fmt.Errorf("beta: %w", err)
	}
	if p := optional(in, 3); p.Valid() && p.Len() != m.batch*m.pairs*m.keys*m.values {
		return nil, fmt.Errorf("past state of shape %v, want %v", p.Shape(), []int{m.batch, m.pairs, m.keys, m.values})
	}
	return m, nil
}

// head goes through the steps of one head of keys and values, s being its matrix.
func (m *memory) head(x *Exec, b, h int, s, out []float64) {
	now := make([]float64, m.values)
	each := m.heads / m.pairs
	for t := range m.steps {
		if x.endedBefore(len(s) * (2 + each)) {
			return
		}
		at := b*m.steps + t
		key := m.k[(at*m.pairs+h)*m.keys:][:m.keys]
		if m.gated {
			for i := range m.keys {
				d := at*m.decays + h
				if m.decays != m.pairs || m.keys == 1 {
					d = at*m.decays + h*m.keys + i
				}
				f := math.Exp(m.decay[d])
				for j := range m.values {
					s[i*m.values+j] *= f
				}
			}
		}
		copy(now, m.v[(at*m.pairs+h)*m.values:])
		if m.delta {
			rate := m.beta[at*m.rates+h%m.rates]
			for j := range now {
				for i, k := range key {
					now[j] -= s[i*m.values+j] * k
				}
				now[j] *= rate
			}
		}
		for i, k := range key {
			for j, v := range now {
				s[i*m.values+j] += k * v
			}
		}
		for g := h * each; g < (h+1)*each; g++ {
			o := out[(at*m.heads+g)*m.values:][:m.values]
			for i, q := range m.q[(at*m.heads+g)*m.keys:][:m.keys] {
				for j := range o {
					o[j] += m.scale * q * s[i*m.values+j]
				}
			}
		}
	}
}
