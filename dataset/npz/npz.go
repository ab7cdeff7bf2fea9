// Package npz reads NumPy's archives of arrays. Stored members are read in place, deflated ones are
// inflated when they are asked for, small ones into memory and others into temporary files, within limits
// of size and ratio. Names of members are keys, never paths. Archives are not written.
package npz

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
	"github.com/stratascope/stratascope/dataset/npy"
)

// What deflated members may grow to: always the allowance, and more in proportion to their bytes.
const (
	allowance = 24 << 20
	maxRatio  = 100
)

// Is reports whether a file that starts with head is a zip archive.
func Is(head []byte) bool { return strings.HasPrefix(string(head), "PK\x03\x04") }

// A File is an open archive. It is safe for concurrent use.
type File struct {
	file    *mapped.File
	members map[string]*member
	names   []string
	mu      sync.Mutex
	left    int64 // bytes that may still be inflated
}

type member struct {
	zip   *zip.File
	once  sync.Once
	array *array.Array
	err   error
}

// Open maps f, which it owns from then on, and reads the list of its arrays.
func Open(f *os.File) (*File, error) {
	m, err := mapped.Open(f)
	if err != nil {
		return nil, err
	}
	z, err := read(m)
	if err != nil {
		m.Close()
		return nil, err
	}
	return z, nil
}

func read(m *mapped.File) (*File, error) {
	r, err := zip.NewReader(m, m.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are keys here, never paths
		return nil, fmt.Errorf("%s: not a readable npz archive: %w", m.Name(), err)
	}
	z := &File{file: m, members: map[string]*member{}, left: max(allowance, maxRatio*m.Size())}
	for _, e := range r.File {
		name, isArray := strings.CutSuffix(e.Name, ".npy")
		if !isArray {
			return nil, fmt.Errorf("%s: member %.80q is no .npy array", m.Name(), e.Name)
		}
		if z.members[name] != nil {
			return nil, fmt.Errorf("%s: array %.80q is there twice", m.Name(), name)
		}
		z.members[name] = &member{zip: e}
		z.names = append(z.names, name)
	}
	slices.Sort(z.names)
	return z, nil
}

// Names returns the names of the arrays, sorted.
func (z *File) Names() []string { return z.names }

// Array returns the array of that name, nil where there is none.
func (z *File) Array(name string) (*array.Array, error) {
	m := z.members[name]
	if m == nil {
		return nil, nil
	}
	m.once.Do(func() { m.array, m.err = z.open(m.zip) })
	if m.err != nil {
		return nil, fmt.Errorf("%s: array %.80q: %w", z.file.Name(), name, m.err)
	}
	return m.array, nil
}

// Close closes the archive; its arrays are invalid from then on.
func (z *File) Close() error { return z.file.Close() }

func (z *File) open(e *zip.File) (*array.Array, error) {
	if e.Flags&1 != 0 {
		return nil, errors.New("it is encrypted")
	}
	size := e.UncompressedSize64
	switch e.Method {
	case zip.Store:
		at, err := e.DataOffset()
		if err != nil {
			return nil, err
		}
		if size != e.CompressedSize64 || at < 0 || at > z.file.Size() || size > uint64(z.file.Size()-at) {
			return nil, fmt.Errorf("%d bytes from %d on lie outside the file of %d bytes", size, at, z.file.Size())
		}
		return npy.Parse(z.file, at, int64(size))
	case zip.Deflate:
		data, err := z.inflate(e)
		if err != nil {
			return nil, err
		}
		return npy.Parse(data, 0, data.Size())
	}
	return nil, fmt.Errorf("compression method %d, want stored or deflated", e.Method)
}

// inflate reads a deflated member. Its claimed size is allowed before it is allocated.
func (z *File) inflate(e *zip.File) (*mapped.File, error) {
	size, packed := e.UncompressedSize64, e.CompressedSize64
	if packed > uint64(z.file.Size()) || size > max(allowance, maxRatio*packed) {
		return nil, fmt.Errorf("%d bytes are said to hold %d, more than %d times as many: refused", packed, size, maxRatio)
	}
	z.mu.Lock()
	z.left -= int64(size)
	left := z.left
	z.mu.Unlock()
	if left < 0 {
		return nil, fmt.Errorf("the archive would grow to more than %d times its size: refused", maxRatio)
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return z.file.Inflated(int64(size), r)
}
