package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A span is a piece of a file beside the model.
type span struct {
	location       string
	offset, length int64
}

// settle tells the external tensors where the model lies, and makes sure that their data is there. Where it is
// much, it is mapped when it is asked for.
func (m *Model) settle(folder func() (*os.Root, error)) error {
	var root *os.Root
	var beside []*Tensor
	sum := int64(0)
	for t := range m.Tensors() {
		if !t.IsExternal() {
			continue
		}
		t.folder = folder
		if root == nil {
			var err error
			if root, err = folder(); err != nil {
				return reason(err)
			}
			defer root.Close()
		}
		s, err := t.span()
		if err != nil {
			return err
		}
		if sum += s.length; sum < 0 || sum > m.limits.ExternalBytes {
			return fmt.Errorf("tensor %q: external data is more than %d bytes in all", t.Name, m.limits.ExternalBytes)
		}
		f, err := s.open(root)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		f.Close()
		beside = append(beside, t)
	}
	for _, t := range beside {
		t.lent = sum >= m.limits.MappedFrom
	}
	return nil
}

// span finds out where a tensor's elements lie.
func (t *Tensor) span() (span, error) {
	n, err := t.ByteLen()
	if err != nil {
		return span{}, err
	}
	s := span{length: int64(n)}
	for _, kv := range t.External {
		switch kv.Key {
		case "location":
			s.location = kv.Value
		case "offset":
			s.offset, err = strconv.ParseInt(kv.Value, 10, 64)
			if err != nil || s.offset < 0 {
				return span{}, fmt.Errorf("tensor %q: external data has offset %q, want a number from 0", t.Name, kv.Value)
			}
		case "length":
			length, err := strconv.ParseInt(kv.Value, 10, 64)
			if err != nil || length != s.length {
				return span{}, fmt.Errorf("tensor %q: external data has length %q, want %d for %v %v", t.Name, kv.Value, n, t.DataType, t.Dims)
			}
		}
	}
	return s, nil
}

// open opens the file and makes sure that the span lies in it. Only regular files inside the folder are
// opened: what the location names is looked at first, for opening a pipe would wait for ever.
func (s span) open(root *os.Root) (*os.File, error) {
	name, err := s.name()
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(name)
	if err != nil {
		return nil, s.wrong(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("external data %q is %s, want a regular file", s.location, kindOf(info.Mode()))
	}
	f, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, s.wrong(err)
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = errors.New("want a regular file")
	}
	if err != nil {
		f.Close()
		return nil, s.wrong(err)
	}
	if size := info.Size(); s.offset > size || s.length > size-s.offset {
		f.Close()
		return nil, fmt.Errorf("external data %q has %d bytes, want %d from %d", s.location, size, s.length, s.offset)
	}
	return f, nil
}

// name is the location as a path for os.Root, which refuses links out of the folder by itself.
func (s span) name() (string, error) {
	switch {
	case s.location == "":
		return "", errors.New("external data has no location")
	case path.IsAbs(s.location) || filepath.IsAbs(s.location):
		return "", fmt.Errorf("external data %q is an absolute path, want one inside the model's folder", s.location)
	}
	for _, part := range strings.FieldsFunc(s.location, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == ".." {
			return "", fmt.Errorf("external data %q leads out of the model's folder", s.location)
		}
	}
	name := filepath.FromSlash(s.location)
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("external data %q is not a path inside the model's folder", s.location)
	}
	return name, nil
}

func (s span) wrong(err error) error {
	err = reason(err)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("external data %q is not there, want it beside the model", s.location)
	}
	return fmt.Errorf("external data %q: %w", s.location, err)
}

// readExternal hands the elements to visit, a piece at a time, once start was called.
func (t *Tensor) readExternal(start func(), visit func([]byte)) error {
	if t.folder == nil {
		return fmt.Errorf("tensor %q: data lies beside the model, and the model was not read from a folder", t.Name)
	}
	s, err := t.span()
	if err != nil {
		return err
	}
	root, err := t.folder()
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, reason(err))
	}
	defer root.Close()
	f, err := s.open(root)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	defer f.Close()
	start()
	buffer := make([]byte, min(s.length, pieceBytes))
	for done := int64(0); done < s.length; {
		piece := buffer[:min(int64(len(buffer)), s.length-done)]
		if _, err := f.ReadAt(piece, s.offset+done); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("ended while it was read")
			}
			return fmt.Errorf("tensor %q: external data %q: %w", t.Name, s.location, reason(err))
		}
		visit(piece)
		done += int64(len(piece))
	}
	return nil
}
