// Package mapped reads files through memory mapping where the system has it, and through positioned
// reads elsewhere. It guards against files that shrink while they are mapped: such a read ends in
// an error, not in a signal. It knows no file format.
package mapped

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"unsafe"
)

// ErrShrunk says that a file became shorter while it was read.
var ErrShrunk = errors.New("the file became shorter while it was read")

// A File is an open file whose bytes can be looked at in place. It is safe for concurrent use, but
// Close must wait for the last reader.
type File struct {
	f    *os.File
	name string
	data []byte // the mapping, or the bytes themselves; nil when the file is read by position
	size int64
	kept bool // data is a mapping

	path    string // what Close removes: of a temporary file that keeps its name while it is open
	derived *derived
}

// Open maps f, which it owns from then on. Where mapping fails the file is read by position.
func Open(f *os.File) (*File, error) {
	m, err := ByPosition(f)
	if err != nil {
		return nil, err
	}
	if data, ok := mmap(f, m.size); ok {
		m.data, m.kept = data, true
	}
	return m, nil
}

// ByPosition reads f, which it owns from then on, by position: what is not held in a copy takes no memory.
func ByPosition(f *os.File) (*File, error) {
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if !st.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s: not a regular file", f.Name())
	}
	return &File{f: f, name: f.Name(), size: st.Size(), derived: &derived{left: inMemory}}, nil
}

// FromBytes returns a File over bytes in memory, which it keeps.
func FromBytes(name string, data []byte) *File {
	return &File{name: name, data: data, size: int64(len(data)), derived: &derived{left: inMemory}}
}

// Name returns the name the file was opened under.
func (m *File) Name() string { return m.name }

// Size returns the length of the file when it was opened.
func (m *File) Size() int64 { return m.size }

// Bytes returns n bytes from off: in place where the file is mapped, else a fresh copy. Bytes of a
// mapped file may only be looked at inside Guard.
func (m *File) Bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > m.size || n > m.size-off {
		return nil, fmt.Errorf("%s: bytes %d to %d lie outside the file of %d bytes", m.name, off, off+n, m.size)
	}
	if m.data != nil || n == 0 {
		return m.data[off : off+n : off+n], nil
	}
	b := make([]byte, n)
	return b, m.fill(b, off)
}

// fill reads from a file that is not mapped.
func (m *File) fill(b []byte, off int64) error {
	_, err := m.f.ReadAt(b, off)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", m.name, ErrShrunk)
	}
	return err
}

// InPlace reports whether Bytes gives the bytes of the file themselves rather than copies.
func (m *File) InPlace() bool { return m.data != nil }

// ReadAt copies bytes of the file; it makes File an io.ReaderAt.
func (m *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= m.size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), m.size-off)
	err := m.Guard(func() error {
		if m.data == nil {
			return m.fill(p[:n], off)
		}
		b, err := m.Bytes(off, n)
		copy(p, b)
		return err
	})
	if err == nil && n < int64(len(p)) {
		err = io.EOF
	}
	return int(n), err
}

// Guard calls read, which may look at mapped bytes. If the file has become shorter meanwhile, Guard
// returns ErrShrunk; what read produced is then worthless. The guard covers the calling goroutine
// only: bytes that other goroutines are to see must be copied first.
func (m *File) Guard(read func() error) (err error) {
	if !m.kept {
		return read()
	}
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		r := recover()
		if r == nil {
			return
		}
		if !m.holds(r) {
			panic(r)
		}
		err = fmt.Errorf("%s: %w", m.name, ErrShrunk)
	}()
	if err := read(); err != nil {
		return err
	}
	return m.check()
}

// holds reports whether a panic is a fault at an address of the mapping.
func (m *File) holds(r any) bool {
	fault, ok := r.(interface{ Addr() uintptr })
	if !ok || len(m.data) == 0 {
		return false
	}
	first := uintptr(unsafe.Pointer(unsafe.SliceData(m.data)))
	return fault.Addr() >= first && fault.Addr() < first+uintptr(len(m.data))
}

// check notices what causes no fault: the rest of a mapping's last page reads as zeros.
func (m *File) check() error {
	st, err := m.f.Stat()
	if err != nil {
		return err
	}
	if st.Size() < m.size {
		return fmt.Errorf("%s: %w: %d bytes, %d when it was opened", m.name, ErrShrunk, st.Size(), m.size)
	}
	return nil
}

// Close unmaps and closes the file and those derived from it. Slices that Bytes gave are invalid from then on.
func (m *File) Close() error { return errors.Join(m.derived.close(), m.release()) }

func (m *File) release() error {
	var err error
	if m.kept {
		err = munmap(m.data)
	}
	m.data, m.kept, m.size = nil, false, 0
	if m.f != nil {
		err = errors.Join(err, m.f.Close())
		m.f = nil
	}
	if m.path != "" {
		err = errors.Join(err, os.Remove(m.path))
		m.path = ""
	}
	return err
}
