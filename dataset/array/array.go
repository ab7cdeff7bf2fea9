// Package array holds arrays that lie in files: element type, byte order, shape and place. Rows are
// read on demand and converted on the way; nothing else is copied. File formats (npy, npz,
// safetensors, idx) find the arrays, this package reads them.
package array

import (
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/tensor"
)

// A Layout says how an array lies in its file.
type Layout struct {
	Elem    Elem
	Width   int  // bytes of an element; needed for text, else taken from Elem
	Big     bool // big-endian
	Fortran bool // the first index changes fastest
	Shape   []int
	Offset  int64 // of the first byte
}

// An Array is an array in a file. It is safe for concurrent use. Its first dimension are the rows.
type Array struct {
	file *mapped.File
	l    Layout
	rows int // 1 for a scalar
	row  int // elements a row
}

// New returns the array that lies in file as l says, after checking that the file holds all of it.
// A Fortran array is put in row order first, in memory or a temporary file.
func New(file *mapped.File, l Layout) (*Array, error) {
	if l.Elem == Invalid || int(l.Elem) >= len(elems) {
		return nil, fmt.Errorf("%s: unknown element type %d", file.Name(), l.Elem)
	}
	if s := l.Elem.Size(); s != 0 {
		l.Width = s
	}
	n, err := tensor.Count(l.Shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	if l.Width < 0 || l.Width > 1<<20 || (l.Elem == Unicode && l.Width%4 != 0) {
		return nil, fmt.Errorf("%s: text elements of %d bytes", file.Name(), l.Width)
	}
	have := file.Size() - l.Offset
	if l.Offset < 0 || have < 0 || (l.Width > 0 && int64(n) > have/int64(l.Width)) {
		return nil, fmt.Errorf("%s: shape %v of %v needs %d bytes from %d on, the file has %d", file.Name(), l.Shape, l.Elem, int64(n)*int64(l.Width), l.Offset, file.Size())
	}
	if l.Elem.DType() == tensor.String && n > 0 && int64(n)*16 > file.Size()+textLimit {
		return nil, fmt.Errorf("%s: %d texts of %d bytes are too many for the file", file.Name(), n, l.Width)
	}
	l.Shape = slices.Clone(l.Shape)
	a := &Array{file: file, l: l, rows: 1, row: n}
	if len(l.Shape) > 0 {
		a.rows = l.Shape[0]
		a.row, _ = tensor.Count(l.Shape[1:])
	}
	if a.rows > 0 && n == 0 && len(l.Shape) > 0 {
		// Rows without elements could be claimed in any number by a few bytes.
		if int64(a.rows) > file.Size() {
			return nil, fmt.Errorf("%s: %d rows without elements", file.Name(), a.rows)
		}
	}
	if l.Fortran && len(l.Shape) > 1 {
		return a.inRowOrder()
	}
	a.l.Fortran = false
	return a, nil
}

// textLimit bounds the memory that arrays of very short texts take beyond the size of their file.
const textLimit = 32 << 20

// Elem returns the element type of the file.
func (a *Array) Elem() Elem { return a.l.Elem }

// DType returns the type of the tensors that reading gives.
func (a *Array) DType() tensor.DType { return a.l.Elem.DType() }

// Shape returns the dimensions, shared: do not write to them.
func (a *Array) Shape() []int { return a.l.Shape }

// Len returns the number of rows: the first dimension, or 1 for a scalar.
func (a *Array) Len() int { return a.rows }

// RowShape returns the dimensions of one row.
func (a *Array) RowShape() []int {
	if len(a.l.Shape) == 0 {
		return nil
	}
	return a.l.Shape[1:]
}

// As returns the same bytes read as another element type of the same width: bfloat16 kept as uint16.
func (a *Array) As(e Elem) (*Array, error) {
	if e.Size() != a.l.Elem.Size() || e.Size() == 0 {
		return nil, fmt.Errorf("%s: %v cannot be read as %v", a.file.Name(), a.l.Elem, e)
	}
	b := *a
	b.l.Elem = e
	return &b, nil
}

// Tensor reads the whole array.
func (a *Array) Tensor() (tensor.Tensor, error) {
	t := tensor.New(a.DType(), a.l.Shape...)
	err := a.file.Guard(func() error { return a.decode(t, 0, 0, a.rows) })
	if err != nil {
		return tensor.Tensor{}, err
	}
	return t, nil
}

// Rows reads rows lo to hi.
func (a *Array) Rows(lo, hi int) (tensor.Tensor, error) {
	if lo < 0 || hi < lo || hi > a.rows {
		return tensor.Tensor{}, fmt.Errorf("%s: rows %d to %d of %d", a.file.Name(), lo, hi, a.rows)
	}
	t := tensor.New(a.DType(), append([]int{hi - lo}, a.RowShape()...)...)
	err := a.file.Guard(func() error { return a.decode(t, 0, lo, hi-lo) })
	return t, err
}

// Gather reads the rows named into dst, whose type must be DType and whose shape must be
// [len(indices), RowShape...].
func (a *Array) Gather(dst tensor.Tensor, indices []int) error {
	if dst.DType() != a.DType() || dst.Len() != len(indices)*a.row {
		return fmt.Errorf("%s: %d rows of %v%v do not fit %v", a.file.Name(), len(indices), a.DType(), a.RowShape(), dst)
	}
	return a.file.Guard(func() error {
		for k := 0; k < len(indices); {
			n := run(indices[k:])
			if i := indices[k]; i < 0 || i+n > a.rows {
				return fmt.Errorf("%s: row %d of %d", a.file.Name(), i, a.rows)
			}
			if err := a.decode(dst, k*a.row, indices[k], n); err != nil {
				return err
			}
			k += n
		}
		return nil
	})
}

// run returns how many leading indices follow one another.
func run(indices []int) int {
	n := 1
	for n < len(indices) && indices[n] == indices[n-1]+1 {
		n++
	}
	return n
}

// AppendRow appends the bytes of a row as they lie in the file.
func (a *Array) AppendRow(dst []byte, i int) ([]byte, error) {
	if i < 0 || i >= a.rows {
		return dst, fmt.Errorf("%s: row %d of %d", a.file.Name(), i, a.rows)
	}
	err := a.file.Guard(func() error {
		b, err := a.bytes(i, 1)
		dst = append(dst, b...)
		return err
	})
	return dst, err
}

// View returns the elements of a float32 array in place, without copying. It is false where the
// file is not mapped, is big-endian, of another type or not aligned. The elements may only be
// looked at inside Guard, by the goroutine that called it.
func (a *Array) View() ([]float32, bool) {
	if a.l.Elem != Float32 || (a.l.Big == littleHost) || !a.file.InPlace() {
		return nil, false
	}
	b, err := a.bytes(0, a.rows)
	if err != nil || len(b) == 0 || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%4 != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4), true
}

// Guard calls read, which may look at a View; a file that became shorter gives an error.
func (a *Array) Guard(read func() error) error { return a.file.Guard(read) }

// bytes returns the bytes of n rows from row lo on.
func (a *Array) bytes(lo, n int) ([]byte, error) {
	size := int64(a.row) * int64(a.l.Width)
	return a.file.Bytes(a.l.Offset+int64(lo)*size, int64(n)*size)
}

// inRowOrder returns the array with its elements moved from Fortran to row order.
func (a *Array) inRowOrder() (*Array, error) {
	w := a.l.Width
	size := a.rows * a.row * w
	file, err := a.file.Derive(int64(size), func(out io.Writer) error {
		return a.file.Guard(func() error {
			b, err := a.bytes(0, a.rows)
			if err != nil {
				return err
			}
			index := make([]int, len(a.l.Shape))
			for at := 0; at < size; at += w {
				src, stride := 0, 1
				for d, i := range index {
					src += i * stride
					stride *= a.l.Shape[d]
				}
				if _, err := out.Write(b[src*w : (src+1)*w]); err != nil {
					return err
				}
				for d := len(index) - 1; d >= 0; d-- {
					if index[d]++; index[d] < a.l.Shape[d] {
						break
					}
					index[d] = 0
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	l := a.l
	l.Fortran, l.Offset = false, 0
	return New(file, l)
}
