package onnx

import (
	"fmt"
	"math"
	"math/bits"
	"os"
)

// A Tensor is a constant of a model. Its elements are in Raw (little endian), or in one of onnx.proto's
// typed fields, or in a file beside the model; Bytes, Float32s and the like read all three.
type Tensor struct {
	Name      string
	DataType  DataType
	Dims      []int64
	Raw       []byte // shared with the bytes the model was parsed from: not to be changed
	DocString string
	Metadata  []*KV

	// External says where the elements lie if not in the file: location, offset, length, checksum.
	External []*KV

	location int64  // data_location: 1 is external
	typed    []byte // the fields float_data to uint64_data as they were written
	kept     []byte // segment too

	lent   bool                     // External is mapped, not read
	folder func() (*os.Root, error) // what External's location is relative to; nil where the model was read from no file
}

// A SparseTensor holds values at indices and zeros elsewhere.
type SparseTensor struct {
	Values, Indices *Tensor
	Dims            []int64

	kept []byte
}

func (s *SparseTensor) parts() []*Tensor {
	var all []*Tensor
	s.tensors(func(t *Tensor) bool { all = append(all, t); return true })
	return all
}

func (s *SparseTensor) tensors(yield func(*Tensor) bool) bool {
	return (s.Values == nil || yield(s.Values)) && (s.Indices == nil || yield(s.Indices))
}

// IsExternal reports whether the elements lie in a file beside the model.
func (t *Tensor) IsExternal() bool { return t.location == 1 }

// Len is the number of elements, the product of Dims.
func (t *Tensor) Len() (int, error) {
	n, err := product(t.Dims)
	if err != nil {
		return 0, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return n, nil
}

// product multiplies sizes and refuses negative ones and products no slice can have.
func product(dims []int64) (int, error) {
	n, zero := uint64(1), false
	overflow := false
	for _, d := range dims {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative size", dims)
		}
		hi, lo := bits.Mul64(n, uint64(d))
		zero, overflow = zero || d == 0, overflow || hi != 0
		n = lo
	}
	if zero {
		return 0, nil
	}
	if overflow || n > math.MaxInt>>7 { // room for 128 bits an element
		return 0, fmt.Errorf("shape %v has too many elements", dims)
	}
	return int(n), nil
}

// ByteLen is the number of bytes that the elements take in raw_data or an external file.
func (t *Tensor) ByteLen() (int, error) {
	n, err := t.Len()
	if err != nil {
		return 0, err
	}
	width := t.DataType.Bits()
	if width == 0 {
		return 0, fmt.Errorf("tensor %q: %v elements have no fixed size", t.Name, t.DataType)
	}
	return bytesFor(n, width), nil
}

// bytesFor is the room for n elements packed without gaps; product keeps n so low that it fits.
func bytesFor(n, width int) int {
	if width%8 == 0 {
		return n * (width / 8)
	}
	return (n*width + 7) / 8
}

// WithRaw is a tensor of the same name, type, shape and notes with other content, little endian, in the file.
func (t *Tensor) WithRaw(raw []byte) *Tensor {
	c := *t
	c.Raw, c.External, c.location, c.typed, c.lent, c.folder = raw, nil, 0, nil, false, nil
	c.kept = without(t.kept, 3, 9, 13, 14) // segment, raw_data, external_data, data_location
	return &c
}
