package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/tensor"
)

const (
	padName   = "__pad."
	alignment = 64
)

// An Entry announces a tensor that a Writer will hold.
type Entry struct {
	Name  string
	DType tensor.DType
	Shape []int
}

// A Writer fills a safetensors file whose tensors were announced, in any order and from several
// goroutines, as long as no two write the same rows.
type Writer struct {
	w      io.WriterAt
	places map[string]place
	size   int64
}

type place struct {
	Entry
	at int64
}

var names = func() map[array.Elem]string {
	m := map[array.Elem]string{}
	for name, e := range dtypes {
		m[e] = name
	}
	return m
}()

// Create writes the header of a file that holds the entries in that order. Rows that are never
// written hold whatever w holds there; Size tells how long the file must be.
func Create(w io.WriterAt, entries []Entry, meta map[string]string) (*Writer, error) {
	head, places, size, err := layout(entries, meta)
	if err != nil {
		return nil, err
	}
	if _, err := w.WriteAt(head, 0); err != nil {
		return nil, err
	}
	sw := &Writer{w: w, places: places, size: size}
	if size > int64(len(head)) { // the last byte, so that the file has its length from the start
		_, err = w.WriteAt([]byte{0}, size-1)
	}
	return sw, err
}

// Size returns the length of the whole file.
func (w *Writer) Size() int64 { return w.size }

// Write writes t as the rows of the named tensor from row lo on.
func (w *Writer) Write(name string, lo int, t tensor.Tensor) error {
	p, ok := w.places[name]
	if !ok {
		return fmt.Errorf("safetensors: no tensor %q was announced", name)
	}
	row, rows := 1, 1
	if len(p.Shape) > 0 {
		rows = p.Shape[0]
		row, _ = tensor.Count(p.Shape[1:])
	}
	n := 1
	if t.Rank() > 0 {
		n = t.Dim(0)
	}
	if t.DType() != p.DType || t.Len() != n*row || lo < 0 || lo+n > rows {
		return fmt.Errorf("safetensors: %v from row %d on does not fit tensor %q, %v%v", t, lo, name, p.DType, p.Shape)
	}
	at := p.at + int64(lo)*int64(row)*int64(p.DType.Size())
	return array.WriteElements(io.NewOffsetWriter(w.w, at), t)
}

// Write writes tensors under their names in the order of names.
func Write(w io.Writer, order []string, tensors map[string]tensor.Tensor, meta map[string]string) error {
	entries := make([]Entry, len(order))
	for i, name := range order {
		entries[i] = Entry{name, tensors[name].DType(), tensors[name].Shape()}
	}
	head, places, _, err := layout(entries, meta)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	at := int64(len(head))
	for _, name := range order {
		if _, err := w.Write(make([]byte, places[name].at-at)); err != nil {
			return err
		}
		if err := array.WriteElements(w, tensors[name]); err != nil {
			return err
		}
		at = places[name].at + tensors[name].Bytes()
	}
	return nil
}

// layout gives every tensor its place and returns the header's bytes. The order of keys is that of
// the entries, so that the same entries give the same bytes.
func layout(entries []Entry, meta map[string]string) (head []byte, places map[string]place, size int64, err error) {
	places = map[string]place{}
	var lines []string
	if len(meta) > 0 {
		text, err := json.Marshal(meta) // sorts its keys
		if err != nil {
			return nil, nil, 0, err
		}
		lines = append(lines, `"__metadata__":`+string(text))
	}
	var at int64
	line := func(name, dtype string, shape []int, bytes int64) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		dims, err := json.Marshal(append([]int{}, shape...))
		lines = append(lines, fmt.Sprintf(`%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, key, dtype, dims, at, at+bytes))
		at += bytes
		return err
	}
	for i, e := range entries {
		if gap := -at & (alignment - 1); gap > 0 {
			if err := line(fmt.Sprint(padName, i), "U8", []int{int(gap)}, gap); err != nil {
				return nil, nil, 0, err
			}
		}
		n, err := tensor.Count(e.Shape)
		dtype := names[array.ElemOf(e.DType)]
		if _, twice := places[e.Name]; err != nil || dtype == "" || twice || e.Name == "__metadata__" || strings.HasPrefix(e.Name, padName) {
			return nil, nil, 0, fmt.Errorf("safetensors: tensor %q, %v%v, cannot be written (%v)", e.Name, e.DType, e.Shape, err)
		}
		places[e.Name] = place{e, at}
		if err := line(e.Name, dtype, e.Shape, int64(n)*int64(e.DType.Size())); err != nil {
			return nil, nil, 0, err
		}
	}
	text := "{" + strings.Join(lines, ",") + "}"
	if len(text) > maxHeader-alignment {
		return nil, nil, 0, fmt.Errorf("safetensors: a header of %d bytes, at most %d are read", len(text), maxHeader)
	}
	text += strings.Repeat(" ", -(8+len(text))&(alignment-1))
	head = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for name, p := range places {
		p.at += int64(len(head))
		places[name] = p
	}
	return head, places, int64(len(head)) + at, nil
}
