package recording

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/dataset/array"
	"github.com/stratascope/stratascope/dataset/safetensors"
	"github.com/stratascope/stratascope/tensor"
)

// A store is an open file, or folder of files, with named arrays of some samples' values.
type store struct {
	name   string // for messages
	names  []string
	arrays map[string]*array.Array
	files  []io.Closer
}

// openShard opens a safetensors file of the folder.
func openShard(f *folder, name string) (*store, error) {
	file, _, err := f.open(name)
	if err != nil {
		return nil, err
	}
	s, err := safetensors.Open(file)
	if err != nil {
		return nil, err
	}
	st := &store{name: strings.TrimSuffix(name, ".safetensors"), names: s.Names(), arrays: map[string]*array.Array{}, files: []io.Closer{s}}
	for _, n := range st.names {
		if st.arrays[n], err = s.Array(n); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return st, nil
}

func (s *store) close() error {
	var err error
	for _, c := range s.files {
		err = errors.Join(err, c.Close())
	}
	return err
}

// whole returns all values of an array as whole numbers.
func (s *store) whole(name string, most int) ([]int64, error) {
	a := s.arrays[name]
	if len(a.Shape()) != 1 || a.Len() > most {
		return nil, fmt.Errorf("shard %s: %s has shape %v, want one number for each of %d samples", s.name, name, a.Shape(), most)
	}
	t, err := a.Tensor()
	if err != nil {
		return nil, err
	}
	out, ok := integers(t)
	if !ok {
		return nil, fmt.Errorf("shard %s: %s holds %v, want whole numbers", s.name, name, a.Elem())
	}
	return out, nil
}

// A stretch is the run of a part's samples that lies in one store.
type stretch struct {
	store *store
	first int   // row within the part
	n     int   // samples
	index []int // their rows in the store; nil for 0 to n
}

// A part is the samples of a split under one condition, in order.
type part struct {
	stretches []stretch
	n         int
	lines     []int // where each sample stands in the list of samples
}

// column returns the shape of a sample's values under a name, or false where some samples have none.
func (p *part) column(name string) ([]int, bool) {
	var shape []int
	for i, s := range p.stretches {
		a := s.store.arrays[name]
		if a == nil || a.DType() == tensor.String || len(a.Shape()) == 0 {
			return nil, false
		}
		if i > 0 && !slices.Equal(shape, a.RowShape()) {
			return nil, false
		}
		shape = a.RowShape()
	}
	return shape, len(p.stretches) > 0
}

// read returns rows lo to hi of a column as float32.
func (p *part) read(name string, lo, hi int) (tensor.Tensor, error) {
	shape, ok := p.column(name)
	if !ok || lo < 0 || hi < lo || hi > p.n {
		return tensor.Tensor{}, fmt.Errorf("%s: rows %d to %d of %d were not recorded", name, lo, hi, p.n)
	}
	out := tensor.New(tensor.Float32, append([]int{hi - lo}, shape...)...)
	for _, s := range p.stretches {
		from, to := max(lo, s.first), min(hi, s.first+s.n)
		if from >= to {
			continue
		}
		rows := make([]int, 0, to-from)
		for i := from - s.first; i < to-s.first; i++ {
			if s.index != nil {
				rows = append(rows, s.index[i])
			} else {
				rows = append(rows, i)
			}
		}
		if err := gather(out.Rows(from-lo, to-lo), s.store.arrays[name], rows); err != nil {
			return tensor.Tensor{}, err
		}
	}
	return out, nil
}

// gather reads rows of an array of numbers into a float32 tensor.
func gather(dst tensor.Tensor, a *array.Array, rows []int) error {
	if a.DType() == tensor.Float32 {
		return a.Gather(dst, rows)
	}
	t := tensor.New(a.DType(), dst.Shape()...)
	if err := a.Gather(t, rows); err != nil {
		return err
	}
	out := dst.Float32s()
	if t.DType() == tensor.Float64 {
		for i, v := range t.Float64s() {
			out[i] = float32(v)
		}
		return nil
	}
	whole, ok := integers(t)
	if !ok {
		return fmt.Errorf("values are %v, want numbers", a.Elem())
	}
	for i, v := range whole {
		out[i] = float32(v)
	}
	return nil
}

// integers returns the elements of a tensor of whole numbers.
func integers(t tensor.Tensor) ([]int64, bool) {
	switch t.DType() {
	case tensor.Int64:
		return t.Int64s(), true
	case tensor.Int32:
		return widen(tensor.Data[int32](t)), true
	case tensor.Int16:
		return widen(tensor.Data[int16](t)), true
	case tensor.Int8:
		return widen(tensor.Data[int8](t)), true
	case tensor.Uint8:
		return widen(tensor.Data[uint8](t)), true
	case tensor.Uint16:
		return widen(tensor.Data[uint16](t)), true
	case tensor.Uint32:
		return widen(tensor.Data[uint32](t)), true
	}
	return nil, false
}

func widen[T int32 | int16 | int8 | uint8 | uint16 | uint32](v []T) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}

// fits returns how many rows of each tensor a cut safetensors file still holds, by its own header; nil
// where the header is cut as well.
func fits(file *os.File, size int64) map[string]int {
	var head [8]byte
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return nil
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > 8<<20 || int64(n) > size-8 {
		return nil
	}
	text := make([]byte, n)
	if _, err := file.ReadAt(text, 8); err != nil {
		return nil
	}
	var entries map[string]struct {
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(text, &raw) != nil {
		return nil
	}
	delete(raw, "__metadata__")
	text, err := json.Marshal(raw)
	if err != nil || json.Unmarshal(text, &entries) != nil {
		return nil
	}
	out := map[string]int{}
	left := size - 8 - int64(n)
	for name, e := range entries {
		if len(e.Shape) == 0 || e.Shape[0] <= 0 || e.Offsets[0] < 0 || e.Offsets[1] <= e.Offsets[0] {
			continue
		}
		row := max(1, (e.Offsets[1]-e.Offsets[0])/int64(e.Shape[0]))
		out[name] = int(min(int64(e.Shape[0]), max(0, left-e.Offsets[0])/row))
	}
	return out
}
