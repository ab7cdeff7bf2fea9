package similarity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// A Matrix is one layer's values: N samples as rows of D units, row after row in X.
type Matrix struct {
	X    []float32
	N, D int

	gather func(dst []float32, rows []int) error
	at     []int // where the rows lie in X; nil for one after the other
}

// Stored is a matrix whose rows lie elsewhere and are read as they are needed: gather copies the rows named,
// in that order, to dst, and is safe for concurrent use. A state such as Cross wants values in memory.
func Stored(n, d int, gather func(dst []float32, rows []int) error) Matrix {
	return Matrix{N: n, D: d, gather: gather}
}

func (m Matrix) row(i int) []float32 {
	if m.at != nil {
		i = m.at[i]
	}
	return m.X[i*m.D : (i+1)*m.D]
}

func (m Matrix) check() error {
	if m.N < 0 || m.D < 1 || m.gather == nil && m.at == nil && len(m.X) != m.N*m.D {
		return fmt.Errorf("matrix of %d x %d has %d values: %w", m.N, m.D, len(m.X), infer.ErrRange)
	}
	if m.N < 4 {
		return fmt.Errorf("%d samples, want at least 4: %w", m.N, infer.ErrTooFew)
	}
	return nil
}

// strip is how many rows of a stored matrix are read at once.
const strip = 512

// strips shows all rows in their order, some at a time.
func (m Matrix) strips(visit func(first int, x Matrix)) error {
	if m.gather == nil {
		visit(0, m)
		return nil
	}
	for lo := 0; lo < m.N; lo += strip {
		rows := make([]int, min(strip, m.N-lo))
		for i := range rows {
			rows[i] = lo + i
		}
		x, err := m.some(rows)
		if err != nil {
			return err
		}
		visit(lo, x)
	}
	return nil
}

// some reads the rows named into memory.
func (m Matrix) some(rows []int) (Matrix, error) {
	x := Matrix{X: make([]float32, len(rows)*m.D), N: len(rows), D: m.D}
	if m.gather != nil {
		return x, m.gather(x.X, rows)
	}
	for k, i := range rows {
		copy(x.row(k), m.row(i))
	}
	return x, nil
}

// rowsAt shows the rows named without a copy, or reads them into space, which grows if need be.
func (m Matrix) rowsAt(rows []int, space []float32) (Matrix, error) {
	if m.gather == nil {
		return Matrix{X: m.X, N: len(rows), D: m.D, at: rows}, nil
	}
	x := Matrix{X: sized(space, len(rows)*m.D), N: len(rows), D: m.D}
	return x, m.gather(x.X, rows)
}

// frame is where the rows of a matrix are read from: (x - shift) * scale has about zero mean and
// unit mean square. CKA ignores both.
type frame struct {
	shift []float64
	scale float64
}

// outlier is how many times the median squared norm a row may have before it is left out of the
// shift: one far row moves the mean, and every other row would carry the difference.
const outlier = 25

// farthest is the largest squared norm, relative to the mean, that float32 products can carry.
const farthest = 1e20

// frameOf measures a matrix; the error is the reason why it cannot be compared with anything.
func frameOf(m Matrix) (frame, error) {
	if err := m.check(); err != nil {
		return frame{}, err
	}
	all := func(int) bool { return true }
	shift, err := m.mean(all)
	if err != nil {
		return frame{}, err
	}
	norm, err := m.norms(shift)
	if err != nil {
		return frame{}, err
	}
	most := slices.Max(norm)
	if most == 0 {
		return frame{}, fmt.Errorf("%d samples are alike: %w", m.N, infer.ErrConstant)
	}
	if most <= outlier*slices.Min(norm) { // no need of the median
		return frame{shift, 1 / math.Sqrt(infer.Total(norm)/float64(m.N*m.D))}, nil
	}
	median, err := infer.Quantile(norm, 0.5)
	if err != nil {
		return frame{}, err
	}
	if limit := outlier * median; median > 0 && most > limit {
		near := func(i int) bool { return norm[i] <= limit }
		if shift, err = m.mean(near); err != nil {
			return frame{}, err
		}
		if norm, err = m.norms(shift); err != nil {
			return frame{}, err
		}
	}
	total, typical := infer.Total(norm), median
	if typical == 0 {
		typical = total / float64(m.N)
	}
	if far := slices.Max(norm); far > farthest*typical {
		return frame{}, fmt.Errorf("sample %d is %.0e times as far out as the median one: %w", slices.Index(norm, far), math.Sqrt(far/typical), ErrDominated)
	}
	return frame{shift, 1 / math.Sqrt(typical/float64(m.D))}, nil
}

// mean returns the column means of the rows that use accepts.
func (m Matrix) mean(use func(int) bool) ([]float64, error) {
	mean := make([]float64, m.D)
	n := 0
	err := m.strips(func(first int, x Matrix) {
		for i := range x.N {
			if !use(first + i) {
				continue
			}
			n++
			kernel.AddTo64(mean, x.row(i))
		}
	})
	for j := range mean {
		mean[j] /= float64(n)
	}
	return mean, err
}

// norms returns the squared distance of each row from shift.
func (m Matrix) norms(shift []float64) ([]float64, error) {
	norm := make([]float64, m.N)
	err := m.strips(func(first int, x Matrix) {
		for i := range x.N {
			norm[first+i] = kernel.Distance64(x.row(i), shift)
		}
	})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(norm, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return nil, m.notFinite()
	}
	return norm, nil
}

func (m Matrix) notFinite() error {
	var found error
	err := m.strips(func(first int, x Matrix) {
		for i, v := range x.X {
			if f := float64(v); found == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
				found = fmt.Errorf("sample %d unit %d is %v: %w", first+i/m.D, i%m.D, v, infer.ErrNotFinite)
			}
		}
	})
	if err != nil || found != nil {
		return cmp.Or(err, found)
	}
	return fmt.Errorf("sum of squares overflows: %w", infer.ErrNotFinite)
}

// rounded is the frame with a shift of float32 values and a power of two as its scale, by which float32 values can be
// multiplied without an error.
func (f frame) rounded() frame {
	if f.scale == 0 {
		return f
	}
	r := frame{make([]float64, len(f.shift)), math.Exp2(max(-120, min(120, math.Round(math.Log2(f.scale)))))}
	for j, v := range f.shift {
		r.shift[j] = float64(float32(v))
	}
	return r
}

// shift is a rounded frame in float32.
type shift struct {
	centre []float32
	scale  float32
}

func (f frame) narrow() shift {
	s := shift{make([]float32, len(f.shift)), float32(f.scale)}
	for j, v := range f.shift {
		s.centre[j] = float32(v)
	}
	return s
}

// read writes the given rows of m, shifted and scaled, to dst.
func (f frame) read(dst []float32, m Matrix, rows []int) {
	for k, i := range rows {
		kernel.Centre32(dst[k*m.D:(k+1)*m.D], m.row(i), f.shift, f.scale)
	}
}
