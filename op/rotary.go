package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// RotaryEmbedding turns pairs of units by angles that grow with the position (Su et al. 2021, eq. 34).
var RotaryEmbedding = &Op{Name: "RotaryEmbedding", Run: rotary}

func rotary(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 4); err != nil {
		return nil, err
	}
	t := in[0]
	r, err := rotation(a, in)
	if err != nil {
		return nil, err
	}
	y, err := copyOf(x, t)
	if err != nil {
		return nil, err
	}
	cos, err := floatsOf(in[1])
	if err != nil {
		return nil, err
	}
	sin, err := floatsOf(in[2])
	if err != nil {
		return nil, err
	}
	switch t.DType() {
	case tensor.Float32:
		turn(r, y.Float32s(), cos, sin)
	case tensor.Float64:
		turn(r, y.Float64s(), cos, sin)
	default:
		return nil, unsupported(t.DType())
	}
	return []tensor.Tensor{y}, nil
}

// A turning says where the vectors to turn lie and which row of the tables belongs to each.
type turning struct {
	batch, length, heads, size int
	headsFirst                 bool // samples x heads x positions x units, else positions before heads
	half                       int  // pairs to turn
	interleaved                bool
	rows                       []int // of the tables, by sample and position
}

// rotation checks the inputs.
func rotation(a Attributes, in []tensor.Tensor) (*turning, error) {
	t := in[0]
	r := &turning{interleaved: a.Int("interleaved", 0) != 0}
	switch t.Rank() {
	case 4:
		r.batch, r.heads, r.length, r.size, r.headsFirst = t.Dim(0), t.Dim(1), t.Dim(2), t.Dim(3), true
	case 3:
		r.batch, r.length, r.heads = t.Dim(0), t.Dim(1), int(a.Int("num_heads", 0))
		if r.heads < 1 || t.Dim(2)%r.heads != 0 {
			return nil, fmt.Errorf("%d units in %d heads", t.Dim(2), r.heads)
		}
		r.size = t.Dim(2) / r.heads
	default:
		return nil, fmt.Errorf("input of shape %v, want rank 3 or 4", t.Shape())
	}
	n := int(a.Int("rotary_embedding_dim", 0))
	if n == 0 {
		n = r.size
	}
	r.half = n / 2
	if n < 0 || n > r.size || in[1].Rank() < 2 || in[1].Len() != in[2].Len() || in[1].Dim(-1) != r.half {
		return nil, fmt.Errorf("%d of %d units with tables of shapes %v and %v", n, r.size, in[1].Shape(), in[2].Shape())
	}
	r.rows = make([]int, r.batch*r.length)
	for i := range r.rows {
		r.rows[i] = i
	}
	tables := len(r.rows)
	if p := optional(in, 3); p.Valid() {
		list, err := intsOf(p)
		if err != nil {
			return nil, err
		}
		if len(list) != len(r.rows) {
			return nil, fmt.Errorf("positions of shape %v for %d samples of length %d", p.Shape(), r.batch, r.length)
		}
		tables = in[1].Dim(0)
		for i, v := range list {
			if r.rows[i], err = indexOf(v, tables); err != nil {
				return nil, err
			}
		}
	}
	if in[1].Len() != tables*r.half {
		return nil, fmt.Errorf("tables of shape %v for %d samples of length %d", in[1].Shape(), r.batch, r.length)
	}
	return r, nil
}

// turn turns all vectors in place.
func turn[T float32 | float64](r *turning, y []T, cos, sin []float64) {
	for b := range r.batch {
		for p := range r.length {
			at := r.rows[b*r.length+p] * r.half
			for h := range r.heads {
				first := ((b*r.length+p)*r.heads + h) * r.size
				if r.headsFirst {
					first = ((b*r.heads+h)*r.length + p) * r.size
				}
				for i := range r.half {
					u, v := first+i, first+i+r.half
					if r.interleaved {
						u, v = first+2*i, first+2*i+1
					}
					c, s, re, im := cos[at+i], sin[at+i], float64(y[u]), float64(y[v])
					y[u], y[v] = T(c*re-s*im), T(s*re+c*im)
				}
			}
		}
	}
}
