// Package safetensors reads and writes safetensors files: a JSON header, then the tensors one after
// another. Files are mapped and read in place; overlaps, holes, keys that are there twice and sizes
// that do not fit are refused, as the format's own library does.
//
// Files written here start every tensor at a multiple of 64 bytes of the file. The format allows no
// holes, so the gaps are tensors of bytes named "__pad.N", which reading hides.
package safetensors

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/mapped"
)

// A File is an open safetensors file. It is safe for concurrent use.
type File struct {
	file   *mapped.File
	names  []string
	arrays map[string]*array.Array
	meta   map[string]string
}

// Open maps f, which it owns from then on, and reads its header.
func Open(f *os.File) (*File, error) {
	m, err := mapped.Open(f)
	if err != nil {
		return nil, err
	}
	return Read(m)
}

// Read reads the header of m, which it owns from then on.
func Read(m *mapped.File) (*File, error) {
	s, err := read(m)
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("%s: not a readable safetensors file: %w", m.Name(), err)
	}
	return s, nil
}

// OpenPath opens the file of that name.
func OpenPath(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return Open(f)
}

func read(m *mapped.File) (*File, error) {
	entries, meta, start, err := parse(m)
	if err != nil {
		return nil, err
	}
	s := &File{file: m, arrays: make(map[string]*array.Array, len(entries)), meta: meta}
	for _, e := range entries {
		if strings.HasPrefix(e.name, padName) {
			continue
		}
		a, err := array.New(m, array.Layout{Elem: e.elem, Shape: e.shape, Offset: start + e.begin})
		if err != nil {
			return nil, fmt.Errorf("tensor %.80q: %w", e.name, err)
		}
		s.arrays[e.name] = a
		s.names = append(s.names, e.name)
	}
	return s, nil
}

// Names returns the names of the tensors in the order in which they lie in the file.
func (s *File) Names() []string { return slices.Clone(s.names) }

// Array returns the tensor of that name, nil where there is none. Its signature is that of the
// other containers; the error is always nil, since the header was checked when the file was opened.
func (s *File) Array(name string) (*array.Array, error) { return s.arrays[name], nil }

// Meta returns the file's metadata, nil where there is none.
func (s *File) Meta() map[string]string { return s.meta }

// Close unmaps and closes the file; its arrays are invalid from then on.
func (s *File) Close() error { return s.file.Close() }
