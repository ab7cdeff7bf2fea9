package onnx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteOptions say how WriteFile goes about it; the zero value writes one file and over none.
type WriteOptions struct {
	// ExternalFrom puts initializers of at least so many bytes into a file beside the model. 0 puts all into the model.
	// Tensors in attributes stay in the model: few readers look for them elsewhere.
	ExternalFrom int
	// Overwrite allows to replace the model's file. A file beside it is never replaced, the new one gets a free name.
	Overwrite bool
}

// alignment of external data: a page, so that it can be mapped (as the ONNX documentation asks for).
const alignment = 4096

// A place is where a tensor's content goes: beside the model, or into it if there is no location.
type place struct {
	location       string
	offset, length int64
	raw            []byte
}

// refer is the tensor as it is written.
func (p place) refer(t *Tensor) *Tensor {
	c := t.WithRaw(p.raw)
	if p.location == "" {
		return c
	}
	c.location = 1
	c.External = []*KV{
		{Key: "location", Value: p.location},
		{Key: "offset", Value: strconv.FormatInt(p.offset, 10)},
		{Key: "length", Value: strconv.FormatInt(p.length, 10)},
	}
	return c
}

// WriteFile writes the model with all its data. It writes beside the goal and renames at the end, so that
// a file of that name is whole at any time.
func (m *Model) WriteFile(path string, options WriteOptions) error {
	if !options.Overwrite {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s: is there already, want a new name", filepath.Base(path))
		}
	}
	places, data, err := m.placeTensors(path, options.ExternalFrom)
	if err != nil {
		return err
	}
	err = replace(path, options.Overwrite, func(w io.Writer) error { return m.write(w, places) })
	if err != nil && data != "" {
		os.Remove(data)
	}
	return err
}

// placeTensors decides where content goes and writes what goes beside the model. It gives the path of that
// file, "" if none was needed.
func (m *Model) placeTensors(path string, from int) (map[*Tensor]place, string, error) {
	places := map[*Tensor]place{}
	initializers := m.initializers()
	var outside []*Tensor
	offset := int64(0)
	for t := range m.Tensors() {
		if _, twice := places[t]; twice || t.DataType == String {
			continue
		}
		size, err := t.ByteLen()
		switch {
		case err != nil:
			return nil, "", fmt.Errorf("%s: %w", m.label(), err)
		case from > 0 && size >= from && initializers[t]:
			places[t] = place{offset: offset, length: int64(size)}
			outside = append(outside, t)
			offset = (offset + int64(size) + alignment - 1) / alignment * alignment
		case t.IsExternal():
			raw, err := t.Bytes()
			if err != nil {
				return nil, "", fmt.Errorf("%s: %w", m.label(), err)
			}
			places[t] = place{raw: raw}
		}
	}
	if len(outside) == 0 {
		return places, "", nil
	}
	data, err := writeBeside(path, outside, places)
	return places, data, err
}

func (m *Model) initializers() map[*Tensor]bool {
	all := map[*Tensor]bool{}
	for g := range m.Graphs() {
		for _, t := range g.Initializers {
			all[t] = true
		}
	}
	return all
}

// writeBeside writes tensors into a new file named after the model.
func writeBeside(path string, tensors []*Tensor, places map[*Tensor]place) (string, error) {
	data := path + ".data"
	for i := 2; ; i++ {
		if _, err := os.Lstat(data); errors.Is(err, os.ErrNotExist) {
			break
		}
		data = fmt.Sprintf("%s.%d.data", path, i)
	}
	for _, t := range tensors {
		p := places[t]
		p.location = filepath.Base(data)
		places[t] = p
	}
	return data, replace(data, false, func(w io.Writer) error {
		at := int64(0)
		for _, t := range tensors {
			p := places[t]
			if _, err := io.WriteString(w, strings.Repeat("\x00", int(p.offset-at))); err != nil {
				return err
			}
			if err := t.CopyTo(w); err != nil {
				return err
			}
			at = p.offset + p.length
		}
		return nil
	})
}

// CopyTo writes the elements as in raw_data, a piece at a time.
func (t *Tensor) CopyTo(w io.Writer) error {
	var failed error
	err := t.scan(func(int, int) {}, func(b []byte) {
		if failed == nil {
			_, failed = w.Write(b)
		}
	})
	return errors.Join(err, failed)
}

// replace writes a file under another name first, and gives it its own once it is whole and on disk.
func replace(path string, overwrite bool, write func(io.Writer) error) (err error) {
	name := filepath.Base(path)
	f, err := os.CreateTemp(filepath.Dir(path), "."+name+".*.tmp")
	if err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := errors.Join(buffered.Flush(), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	if !overwrite { // take the name, so that no file made meanwhile is lost
		claim, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("%s: %w", name, reason(err))
		}
		claim.Close()
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	return nil
}
