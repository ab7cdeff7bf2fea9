package onnx

import "fmt"

// DataType is the type of a tensor's elements, with the numbers of TensorProto.DataType.
type DataType int32

// The element types of onnx.proto.
const (
	Undefined      DataType = 0
	Float          DataType = 1
	Uint8          DataType = 2
	Int8           DataType = 3
	Uint16         DataType = 4
	Int16          DataType = 5
	Int32          DataType = 6
	Int64          DataType = 7
	String         DataType = 8
	Bool           DataType = 9
	Float16        DataType = 10
	Double         DataType = 11
	Uint32         DataType = 12
	Uint64         DataType = 13
	Complex64      DataType = 14
	Complex128     DataType = 15
	BFloat16       DataType = 16
	Float8E4M3FN   DataType = 17
	Float8E4M3FNUZ DataType = 18
	Float8E5M2     DataType = 19
	Float8E5M2FNUZ DataType = 20
	Uint4          DataType = 21
	Int4           DataType = 22
	Float4E2M1     DataType = 23
	Float8E8M0     DataType = 24
	Uint2          DataType = 25
	Int2           DataType = 26
	Float6E2M3     DataType = 27
	Float6E3M2     DataType = 28
)

// typed says where TensorProto keeps elements that are not in raw_data.
const (
	floatData  = 4
	int32Data  = 5
	stringData = 6
	int64Data  = 7
	doubleData = 10
	uint64Data = 11
)

// dataTypes holds what is to be known of each type: its name in onnx.proto, the bits of an element
// (0: not of a fixed size) and the field that holds it when raw_data does not.
var dataTypes = [...]struct {
	name  string
	bits  int
	field int
}{
	Undefined:      {"UNDEFINED", 0, 0},
	Float:          {"FLOAT", 32, floatData},
	Uint8:          {"UINT8", 8, int32Data},
	Int8:           {"INT8", 8, int32Data},
	Uint16:         {"UINT16", 16, int32Data},
	Int16:          {"INT16", 16, int32Data},
	Int32:          {"INT32", 32, int32Data},
	Int64:          {"INT64", 64, int64Data},
	String:         {"STRING", 0, stringData},
	Bool:           {"BOOL", 8, int32Data},
	Float16:        {"FLOAT16", 16, int32Data},
	Double:         {"DOUBLE", 64, doubleData},
	Uint32:         {"UINT32", 32, uint64Data},
	Uint64:         {"UINT64", 64, uint64Data},
	Complex64:      {"COMPLEX64", 64, floatData},
	Complex128:     {"COMPLEX128", 128, doubleData},
	BFloat16:       {"BFLOAT16", 16, int32Data},
	Float8E4M3FN:   {"FLOAT8E4M3FN", 8, int32Data},
	Float8E4M3FNUZ: {"FLOAT8E4M3FNUZ", 8, int32Data},
	Float8E5M2:     {"FLOAT8E5M2", 8, int32Data},
	Float8E5M2FNUZ: {"FLOAT8E5M2FNUZ", 8, int32Data},
	Uint4:          {"UINT4", 4, int32Data},
	Int4:           {"INT4", 4, int32Data},
	Float4E2M1:     {"FLOAT4E2M1", 4, int32Data},
	Float8E8M0:     {"FLOAT8E8M0", 8, int32Data},
	Uint2:          {"UINT2", 2, int32Data},
	Int2:           {"INT2", 2, int32Data},
	Float6E2M3:     {"FLOAT6E2M3", 6, int32Data},
	Float6E3M2:     {"FLOAT6E3M2", 6, int32Data},
}

// Known reports whether t is an element type of onnx.proto, UNDEFINED excepted.
func (t DataType) Known() bool { return t > Undefined && int(t) < len(dataTypes) }

// String gives the name as in onnx.proto: FLOAT, BFLOAT16.
func (t DataType) String() string {
	if t < 0 || int(t) >= len(dataTypes) {
		return fmt.Sprintf("data type %d", int32(t))
	}
	return dataTypes[t].name
}

// Bits is the size of an element in raw_data, 0 where there is none (strings, unknown types).
func (t DataType) Bits() int {
	if !t.Known() {
		return 0
	}
	return dataTypes[t].bits
}

// Narrow reports whether elements are held wider here than in a file: all types of less than eight bits, and
// the floating ones of eight.
func (t DataType) Narrow() bool {
	switch t {
	case Int4, Uint4, Int2, Uint2:
		return true
	case Float, Double, Float16, BFloat16:
		return false
	}
	return t.Floating()
}

// Floating reports whether elements are real numbers with an exponent, of whatever width.
func (t DataType) Floating() bool {
	switch t {
	case Float, Double, Float16, BFloat16, Float4E2M1, Float6E2M3, Float6E3M2,
		Float8E4M3FN, Float8E4M3FNUZ, Float8E5M2, Float8E5M2FNUZ, Float8E8M0:
		return true
	}
	return false
}

// Integer reports whether elements are whole numbers; BOOL is not.
func (t DataType) Integer() bool {
	switch t {
	case Uint2, Int2, Uint4, Int4, Uint8, Int8, Uint16, Int16, Uint32, Int32, Uint64, Int64:
		return true
	}
	return false
}
