package array

import (
	"encoding/binary"

	"github.com/stratascope/stratascope/tensor"
)

// An Elem is an element type of a file. Files know more types than tensors: half precision is
// widened to float32, text of fixed width becomes strings.
type Elem uint8

// The element types of files.
const (
	Invalid Elem = iota
	Float16
	BFloat16
	Float32
	Float64
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Bool
	Bytes   // text of fixed width, a byte a character
	Unicode // text of fixed width, four bytes a character
)

var elems = [...]struct {
	name  string
	size  int // 0: given with the array
	dtype tensor.DType
}{
	Invalid:  {"invalid", 0, tensor.Invalid},
	Float16:  {"float16", 2, tensor.Float32},
	BFloat16: {"bfloat16", 2, tensor.Float32},
	Float32:  {"float32", 4, tensor.Float32},
	Float64:  {"float64", 8, tensor.Float64},
	Int8:     {"int8", 1, tensor.Int8},
	Int16:    {"int16", 2, tensor.Int16},
	Int32:    {"int32", 4, tensor.Int32},
	Int64:    {"int64", 8, tensor.Int64},
	Uint8:    {"uint8", 1, tensor.Uint8},
	Uint16:   {"uint16", 2, tensor.Uint16},
	Uint32:   {"uint32", 4, tensor.Uint32},
	Uint64:   {"uint64", 8, tensor.Uint64},
	Bool:     {"bool", 1, tensor.Bool},
	Bytes:    {"bytes", 0, tensor.String},
	Unicode:  {"text", 0, tensor.String},
}

// String returns the name of the type, such as float16.
func (e Elem) String() string { return elems[e].name }

// Size returns the bytes of an element in a file; 0 for text, whose width the array gives.
func (e Elem) Size() int { return elems[e].size }

// DType returns the type of the tensors the elements are read into.
func (e Elem) DType() tensor.DType { return elems[e].dtype }

// ElemOf returns the element type under which a tensor is written, Invalid for strings.
func ElemOf(d tensor.DType) Elem {
	for e := Float32; e <= Bool; e++ {
		if elems[e].dtype == d {
			return e
		}
	}
	return Invalid
}

var littleHost = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
