// Package idx reads the IDX files of MNIST and its successors, plain or gzipped.
package idx

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/tensor"
)

// What a gzipped file may grow to: always the allowance, and more in proportion to its bytes.
const (
	allowance = 24 << 20
	maxRatio  = 100
)

var types = map[byte]array.Elem{
	8: array.Uint8, 9: array.Int8, 0xb: array.Int16, 0xc: array.Int32, 0xd: array.Float32, 0xe: array.Float64,
}

// Is reports whether a file that starts with head is an IDX file that is not gzipped.
func Is(head []byte) bool {
	return len(head) >= 4 && head[0] == 0 && head[1] == 0 && types[head[2]] != array.Invalid && head[3] >= 1 && head[3] <= 8
}

// IsGzip reports whether a file that starts with head is gzipped.
func IsGzip(head []byte) bool { return len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b }

// A File is an open IDX file.
type File struct {
	*array.Array
	file *mapped.File
}

// Open maps f, which it owns from then on. A gzipped file is inflated, a small one into memory and others
// into a temporary file.
func Open(f *os.File) (*File, error) {
	m, err := mapped.Open(f)
	if err != nil {
		return nil, err
	}
	file, err := read(m)
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("%s: not a readable IDX file: %w", m.Name(), err)
	}
	return file, nil
}

// Close closes the file; views of it are invalid from then on.
func (f *File) Close() error { return f.file.Close() }

func read(m *mapped.File) (*File, error) {
	head := make([]byte, 4+4*8)
	n, err := m.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if IsGzip(head[:n]) {
		return inflate(m)
	}
	l, err := header(head[:n])
	if err != nil {
		return nil, err
	}
	if want, _ := tensor.Count(l.Shape); l.Offset+int64(want)*int64(l.Width) != m.Size() {
		return nil, fmt.Errorf("shape %v of %v needs %d bytes, the file has %d", l.Shape, l.Elem, l.Offset+int64(want)*int64(l.Width), m.Size())
	}
	a, err := array.New(m, l)
	if err != nil {
		return nil, err
	}
	return &File{a, m}, nil
}

// header reads type and dimensions; numbers are big-endian.
func header(b []byte) (array.Layout, error) {
	if !Is(b) {
		return array.Layout{}, errors.New("it does not start with two zeros, a type and a rank")
	}
	l := array.Layout{Elem: types[b[2]], Width: types[b[2]].Size(), Big: true, Offset: 4 + 4*int64(b[3])}
	if int64(len(b)) < l.Offset {
		return l, errors.New("it ends within its header")
	}
	for i := range int(b[3]) {
		l.Shape = append(l.Shape, int(binary.BigEndian.Uint32(b[4+4*i:])))
	}
	n, err := tensor.Count(l.Shape)
	if err == nil && n > 1<<40 {
		err = fmt.Errorf("shape %v is too large", l.Shape)
	}
	return l, err
}

// inflate reads a gzipped file whose header says how much is to come, which is allowed before it is
// allocated.
func inflate(m *mapped.File) (*File, error) {
	zr, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(m, 0, m.Size())))
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(zr, head); err != nil {
		return nil, err
	}
	if !Is(head) {
		return nil, errors.New("what is gzipped is no IDX file")
	}
	dims := make([]byte, 4*int(head[3]))
	if _, err := io.ReadFull(zr, dims); err != nil {
		return nil, err
	}
	l, err := header(append(head, dims...))
	if err != nil {
		return nil, err
	}
	n, _ := tensor.Count(l.Shape)
	size := int64(n) * int64(l.Width)
	if size > max(allowance, maxRatio*m.Size()) {
		return nil, fmt.Errorf("%d gzipped bytes are said to hold %d, more than %d times as many: refused", m.Size(), size, maxRatio)
	}
	data, err := m.Inflated(size, zr)
	if err != nil {
		return nil, err
	}
	l.Offset = 0
	a, err := array.New(data, l)
	if err != nil {
		return nil, err
	}
	return &File{a, m}, nil
}
