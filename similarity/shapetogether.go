package similarity

import (
	"math"

	"github.com/stratascope/stratascope/linalg"
)

// decomposition is the singular value decomposition of a matrix, rows x columns, without values that are rounding.
type decomposition struct {
	values      []float64 // in falling order
	left, right []float32 // rows x values and columns x values
}

// decompose takes it from the eigenvectors of the smaller product m'm or mm'.
func decompose(m []float32, rows, columns int) (decomposition, error) {
	if rows < columns {
		d, err := decompose(transposed(m, rows, columns), columns, rows)
		d.left, d.right = d.right, d.left
		return d, err
	}
	wide := double(m)
	values, v, err := linalg.EigenSym(1, linalg.Mul(1, true, false, columns, columns, rows, wide, wide), columns, true)
	if err != nil {
		return decomposition{}, err
	}
	var d decomposition
	for _, e := range values {
		if e <= drowned*drowned*values[0] {
			break
		}
		d.values = append(d.values, math.Sqrt(e))
	}
	w := len(d.values)
	d.left, d.right = make([]float32, rows*w), make([]float32, columns*w)
	for i, x := range linalg.Mul(1, false, true, rows, w, columns, wide, v[:w*columns]) {
		d.left[i] = float32(x / d.values[i%w])
	}
	for k := range w {
		for j, x := range v[k*columns : (k+1)*columns] {
			d.right[j*w+k] = float32(x)
		}
	}
	return d, nil
}

// together returns what each two groups add to |X'Y|_* by turning the best rotation, groups x groups: its second
// derivative along their parts E and F of X'Y = U S V', the sum over i < j of
// (E_ij - E_ji) (F_ij - F_ji) / (s_i + s_j) in the basis of U and V, and, of the wider layer, of
// the parts beside U or V, over s.
func (s *shapes) together(x, y leading, d decomposition, turnedX, turnedY []float32) []float64 {
	groups, w := len(s.size), len(d.values)
	inside := make([]float32, 0, groups*w*(w-1)/2)
	var beside, projected []float32
	wide, turned, r := x.scores, turnedY, x.r // whose directions outnumber the values
	if y.r > x.r {
		wide, turned, r = y.scores, turnedX, y.r
	}
	at := 0
	for _, n := range s.size {
		e := linalg.Mul32(1, true, false, w, w, n, turnedX[at*w:(at+n)*w], turnedY[at*w:(at+n)*w])
		for i := range w {
			for j := range i {
				inside = append(inside, (e[i*w+j]-e[j*w+i])/float32(math.Sqrt(d.values[i]+d.values[j])))
			}
		}
		if r > w {
			if y.r > x.r {
				e = transposed(e, w, w)
			}
			beside = append(beside, d.scaled(linalg.Mul32(1, true, false, r, w, n, wide[at*r:(at+n)*r], turned[at*w:(at+n)*w]))...)
			projected = append(projected, d.scaled(e)...)
		}
		at += n
	}
	out := products64(inside, groups)
	addTo(out, products64(beside, groups), 1)
	addTo(out, products64(projected, groups), -1)
	return out
}

// scaled divides columns by the roots of the values.
func (d decomposition) scaled(m []float32) []float32 {
	for i := range m {
		m[i] /= float32(math.Sqrt(d.values[i%len(d.values)]))
	}
	return m
}

// products64 returns the products of n rows, n x n.
func products64(rows []float32, n int) []float64 {
	k := len(rows) / n
	return double(linalg.Mul32(1, false, false, n, n, k, rows, transposed(rows, n, k)))
}
