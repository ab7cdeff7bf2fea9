package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrDamaged says that the bytes of a file or tensor do not fit together: they are cut short, or no ONNX.
var ErrDamaged = errors.New("damaged")

// Read reads a model file and makes sure of the data beside it: that every external tensor lies in a regular
// file of the model's folder with enough bytes. Their content is read when it is asked for.
func Read(path string, limits Limits) (*Model, error) {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	f := files{os.Stat, os.OpenFile, func() (*os.Root, error) { return os.OpenRoot(folder) }}
	return f.read(path, limits)
}

// ReadIn reads a model file inside an open folder as Read does, and nothing outside of it: neither the file
// nor the data beside it may be links out. The folder must stay open while the model is used.
func ReadIn(root *os.Root, name string, limits Limits) (*Model, error) {
	f := files{root.Stat, root.OpenFile, func() (*os.Root, error) { return root.OpenRoot(filepath.Dir(name)) }}
	return f.read(name, limits)
}

// files are where a model is read from.
type files struct {
	stat   func(name string) (os.FileInfo, error)
	open   func(name string, flag int, perm os.FileMode) (*os.File, error)
	folder func() (*os.Root, error) // the model's own, for the data beside it
}

func (f files) read(path string, limits Limits) (*Model, error) {
	limits = limits.withDefaults()
	name := filepath.Base(path)
	b, err := f.readFile(path, limits.FileBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m, err := parse(b, limits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m.Source = name
	if err := m.settle(f.folder); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// readFile takes a regular file into memory, which a mapping cut short while it is read would not survive.
func (f files) readFile(path string, limit int64) ([]byte, error) {
	info, err := f.stat(path) // before opening, which would wait for the writer of a pipe
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is %s, want a regular file", kindOf(info.Mode()))
	}
	file, err := f.open(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is %s, want a regular file", kindOf(info.Mode()))
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("has %d bytes, want at most %d", info.Size(), limit)
	}
	return readExactly(file, info.Size())
}

func readExactly(r io.Reader, size int64) ([]byte, error) {
	b := make([]byte, size)
	if n, err := io.ReadFull(r, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("ended after %d bytes while it was read, had %d", n, size)
		}
		return nil, reason(err)
	}
	return b, nil
}

// kindOf says what a file is that is no regular one.
func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeDevice != 0:
		return "a device"
	case m&os.ModeSymlink != 0:
		return "a link"
	}
	return "not a regular file"
}

// reason takes the path out of an error of package os: the message names the file already.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Parse reads a model from bytes, which the model then shares: they must not change after. External tensors
// are left alone and cannot be read.
func Parse(b []byte, limits Limits) (*Model, error) {
	m, err := parse(b, limits.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	m.Source = "model"
	return m, nil
}

func parse(b []byte, limits Limits) (*Model, error) {
	if int64(len(b)) > limits.FileBytes {
		return nil, fmt.Errorf("has %d bytes, want at most %d", len(b), limits.FileBytes)
	}
	d := &decoder{limits: limits, budget: limits.ExtraBytes}
	m := &Model{limits: limits}
	if err := d.model(b, m); err != nil {
		return nil, fmt.Errorf("cannot be read as ONNX: %w", err)
	}
	if m.Graph == nil {
		return nil, fmt.Errorf("cannot be read as ONNX: holds no graph%s", looksLike(b))
	}
	return m, nil
}

// looksLike guesses what a file is that is no ONNX file.
func looksLike(b []byte) string {
	head := string(b[:min(len(b), 16)])
	switch {
	case head == "":
		return ", it is empty"
	case strings.HasPrefix(head, "PK\x03\x04"):
		return ", looks like a zip archive (PyTorch's .pt?)"
	case strings.HasPrefix(head, "\x89HDF"):
		return ", looks like HDF5"
	}
	return ""
}
