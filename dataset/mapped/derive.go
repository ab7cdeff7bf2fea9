package mapped

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// inMemory is how many bytes derived from one file may lie in memory, all together.
const inMemory = 24 << 20

// derived are the files made from one opened file, and from those.
type derived struct {
	mu    sync.Mutex
	left  int64 // bytes that may still lie in memory
	files []*File
}

// Derive returns a File of size bytes, which write makes from those of m: inflated, or in another order.
// The first 24 MiB made from an opened file lie in memory, all else in temporary files, so that no content
// takes more memory than that. It is closed with the file that was opened.
func (m *File) Derive(size int64, write func(io.Writer) error) (*File, error) {
	d := m.derived
	d.mu.Lock()
	fits := size <= d.left
	if fits {
		d.left -= size
	}
	d.mu.Unlock()
	if fits {
		b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead)) // ReadFrom wants room behind the end
		if err := write(b); err != nil {
			return nil, err
		}
		return &File{name: m.name, data: b.Bytes(), size: size, derived: d}, nil
	}
	f, err := m.temporary(write)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, f)
	return f, nil
}

// Inflated derives the bytes of r, which must be size; sums that r checks at its end are checked.
func (m *File) Inflated(size int64, r io.Reader) (*File, error) {
	return m.Derive(size, func(w io.Writer) error {
		if n, err := io.CopyN(w, r, size); errors.Is(err, io.EOF) {
			return fmt.Errorf("the compressed data are damaged: they end after %d bytes, want %d", n, size)
		} else if err != nil {
			return fmt.Errorf("the compressed data are damaged: %w", err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			return fmt.Errorf("the compressed data do not end where they should: %v", err)
		}
		return nil
	})
}

// temporary maps a file without a name, which is gone with its last reader, whatever ends the program.
// Where an open file keeps its name, Close removes it.
func (m *File) temporary(write func(io.Writer) error) (*File, error) {
	f, err := os.CreateTemp("", "stratascope-*")
	if err != nil {
		return nil, fmt.Errorf("what it holds is too large for memory: %w", err)
	}
	path := f.Name()
	if os.Remove(path) == nil {
		path = ""
	}
	w := bufio.NewWriterSize(f, 1<<16)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	var t *File
	if err == nil {
		t, err = Open(f)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	t.name, t.path, t.derived = m.name, path, m.derived
	return t, nil
}

// close closes the files.
func (d *derived) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	for _, f := range d.files {
		err = errors.Join(err, f.release())
	}
	d.files = nil
	return err
}
