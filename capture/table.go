package capture

import "fmt"

// A Table is the rows of a whole view at one site, one a sample, where they are kept: they are read as they
// are needed, so that their number costs no memory.
type Table struct {
	N, D   int
	gather func(dst []float32, rows []int) error
}

// NewTable returns n rows of d values that gather reads: it copies the rows named, in that order, to dst.
// It must be safe for concurrent use.
func NewTable(n, d int, gather func(dst []float32, rows []int) error) Table {
	return Table{N: n, D: d, gather: gather}
}

// Strip is how many rows are read at once where all of a table are read.
const Strip = 512

// Gather copies the rows named, in that order, to dst, which must have room for all of them.
func (t Table) Gather(dst []float32, rows []int) error {
	if len(dst) != len(rows)*t.D {
		return fmt.Errorf("%d values for %d rows of %d", len(dst), len(rows), t.D)
	}
	for _, i := range rows {
		if i < 0 || i >= t.N {
			return fmt.Errorf("row %d of %d", i, t.N)
		}
	}
	return t.gather(dst, rows)
}

// Strips shows all rows in their order, Strip at a time; x is valid during the visit only.
func (t Table) Strips(visit func(first int, x Matrix) error) error {
	buf := make([]float32, min(t.N, Strip)*t.D)
	rows := make([]int, 0, min(t.N, Strip))
	for lo := 0; lo < t.N; lo += Strip {
		rows = rows[:0]
		for i := lo; i < min(t.N, lo+Strip); i++ {
			rows = append(rows, i)
		}
		x := buf[:len(rows)*t.D]
		if err := t.Gather(x, rows); err != nil {
			return err
		}
		if err := visit(lo, Matrix{X: x, N: len(rows), D: t.D}); err != nil {
			return err
		}
	}
	return nil
}

// Select returns the rows named, in that order.
func (t Table) Select(rows []int) Table {
	return NewTable(len(rows), t.D, func(dst []float32, at []int) error {
		inner := make([]int, len(at))
		for k, i := range at {
			inner[k] = rows[i]
		}
		return t.Gather(dst, inner)
	})
}

// Finite returns the rows without NaN or infinity, in their order.
func (t Table) Finite() ([]int, error) {
	var at []int
	err := t.Strips(func(first int, x Matrix) error {
	rows:
		for i := range x.N {
			for _, v := range x.Row(i) {
				if v-v != 0 {
					continue rows
				}
			}
			at = append(at, first+i)
		}
		return nil
	})
	return at, err
}

// Means returns the mean of each column.
func (t Table) Means() ([]float64, error) {
	mean := make([]float64, t.D)
	err := t.Strips(func(_ int, x Matrix) error {
		for i := range x.N {
			for u, v := range x.Row(i) {
				mean[u] += float64(v)
			}
		}
		return nil
	})
	for u := range mean {
		mean[u] /= float64(max(1, t.N))
	}
	return mean, err
}

// Matrix reads all rows.
func (t Table) Matrix() (Matrix, error) {
	m := Matrix{X: make([]float32, t.N*t.D), N: t.N, D: t.D}
	return m, t.Strips(func(first int, x Matrix) error {
		copy(m.X[first*t.D:], x.X)
		return nil
	})
}

// Table returns rows that are in memory.
func (m Matrix) Table() Table {
	return NewTable(m.N, m.D, func(dst []float32, rows []int) error {
		for k, i := range rows {
			copy(dst[k*m.D:(k+1)*m.D], m.Row(i))
		}
		return nil
	})
}

// All reads all rows of what Source.Table or Keeper.Table returned.
func All(t Table, err error) (Matrix, error) {
	if err != nil {
		return Matrix{}, err
	}
	return t.Matrix()
}
