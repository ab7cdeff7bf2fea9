package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// A Matrix is one layer's values: N samples as rows of D units, row after row in X.
type Matrix struct {
	X    []float32
	N, D int
}

func (m Matrix) row(i int) []float32 { return m.X[i*m.D : (i+1)*m.D] }

func (m Matrix) check() error {
	if m.N < 0 || m.D < 1 || len(m.X) != m.N*m.D {
		return fmt.Errorf("matrix of %d x %d has %d values: %w", m.N, m.D, len(m.X), infer.ErrRange)
	}
	if m.N < 4 {
		return fmt.Errorf("%d samples, want at least 4: %w", m.N, infer.ErrTooFew)
	}
	return nil
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
	shift := m.mean(all)
	norm, err := m.norms(shift)
	if err != nil {
		return frame{}, err
	}
	if slices.Max(norm) == 0 {
		return frame{}, fmt.Errorf("%d samples are alike: %w", m.N, infer.ErrConstant)
	}
	median, err := infer.Quantile(norm, 0.5)
	if err != nil {
		return frame{}, err
	}
	if limit := outlier * median; median > 0 && slices.Max(norm) > limit {
		near := func(i int) bool { return norm[i] <= limit }
		shift = m.mean(near)
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
func (m Matrix) mean(use func(int) bool) []float64 {
	mean := make([]float64, m.D)
	n := 0
	for i := range m.N {
		if !use(i) {
			continue
		}
		n++
		for j, v := range m.row(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(n)
	}
	return mean
}

// norms returns the squared distance of each row from shift.
func (m Matrix) norms(shift []float64) ([]float64, error) {
	norm := make([]float64, m.N)
	for i := range norm {
		var s float64
		row := m.row(i)
		for j, c := range shift[:len(row)] {
			d := float64(row[j]) - c
			s += d * d
		}
		norm[i] = s
	}
	if i := slices.IndexFunc(norm, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return nil, m.notFinite()
	}
	return norm, nil
}

func (m Matrix) notFinite() error {
	for i, v := range m.X {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("sample %d unit %d is %v: %w", i/m.D, i%m.D, v, infer.ErrNotFinite)
		}
	}
	return fmt.Errorf("sum of squares overflows: %w", infer.ErrNotFinite)
}

// read writes the given rows of m, shifted and scaled, to dst.
func (f frame) read(dst []float32, m Matrix, rows []int) {
	for k, i := range rows {
		out, row := dst[k*m.D:(k+1)*m.D], m.row(i)
		row, shift := row[:len(out)], f.shift[:len(out)]
		for j := range out {
			out[j] = float32((float64(row[j]) - shift[j]) * f.scale)
		}
	}
}
