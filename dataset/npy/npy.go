// Package npy reads and writes NumPy's array files: all numeric element types, booleans and text,
// both byte orders, both memory orders. Object arrays hold pickled Python and are refused; complex
// and structured arrays are not read.
package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/tensor"
)

// A File is an open npy file.
type File struct {
	*array.Array
	file *mapped.File
}

// Open maps f, which it owns from then on, and reads its header.
func Open(f *os.File) (*File, error) {
	m, err := mapped.Open(f)
	if err != nil {
		return nil, err
	}
	a, err := Parse(m, 0, m.Size())
	if err != nil {
		m.Close()
		return nil, err
	}
	return &File{a, m}, nil
}

// OpenPath opens the file of that name.
func OpenPath(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return Open(f)
}

// Close unmaps and closes the file; views of it are invalid from then on.
func (f *File) Close() error { return f.file.Close() }

// Write writes t as an npy file of version 1 in little-endian row order. Strings are not written.
func Write(w io.Writer, t tensor.Tensor) error {
	head, err := header(t.DType(), t.Shape())
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return array.WriteElements(w, t)
}

// header returns magic, lengths and dictionary, padded so that the elements start at a multiple of 64.
func header(d tensor.DType, shape []int) ([]byte, error) {
	descr := ""
	for name, e := range descrs {
		if name != "?" && e == array.ElemOf(d) && e != array.Invalid {
			descr = "<" + name
		}
	}
	if descr == "" {
		return nil, fmt.Errorf("npy: %v is not written", d)
	}
	if descr[2] == '1' {
		descr = "|" + descr[1:]
	}
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = fmt.Sprint(n)
	}
	list := strings.Join(dims, ", ")
	if len(shape) == 1 {
		list += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, list)
	pad := 63 - (10+len(dict))%64
	dict += strings.Repeat(" ", pad) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(magic+"\x01\x00"), uint16(len(dict)))
	return append(b, dict...), nil
}

// A Writer writes an npy file row by row, for arrays that are not in memory at once.
type Writer struct {
	w     io.Writer
	dtype tensor.DType
	shape []int
	left  int
}

// NewWriter writes the header of an array of that shape; Append then gives its rows.
func NewWriter(w io.Writer, d tensor.DType, shape ...int) (*Writer, error) {
	if len(shape) == 0 {
		return nil, fmt.Errorf("npy: a scalar has no rows")
	}
	head, err := header(d, shape)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	return &Writer{w, d, shape, shape[0]}, nil
}

// Append writes the rows of t.
func (w *Writer) Append(t tensor.Tensor) error {
	want, _ := tensor.Count(w.shape[1:])
	if t.DType() != w.dtype || t.Rank() != len(w.shape) || t.Len() != t.Dim(0)*want || t.Dim(0) > w.left {
		return fmt.Errorf("npy: rows %v do not fit %v%v with %d rows to go", t, w.dtype, w.shape, w.left)
	}
	w.left -= t.Dim(0)
	return array.WriteElements(w.w, t)
}

// Close reports rows that were promised and not written. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.left != 0 {
		return fmt.Errorf("npy: %d of %d rows were not written", w.left, w.shape[0])
	}
	return nil
}
