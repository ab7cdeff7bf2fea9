// Package tensor holds dense arrays: a shape, an element type and the values, in row-major order.
// It knows shapes and rows and no mathematics; operators live in op, statistics elsewhere.
package tensor

import "fmt"

// A DType is the element type of a tensor.
type DType uint8

// The element types. Half precision and sub-byte types of files are widened when they are read,
// so that no arithmetic on them is needed.
const (
	Invalid DType = iota
	Float32
	Float64
	Int64
	Int32
	Int16
	Int8
	Uint64
	Uint32
	Uint16
	Uint8
	Bool
	String
)

var dtypeNames = [...]string{"invalid", "float32", "float64", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "string"}

// String returns the name of the type, such as float32.
func (d DType) String() string {
	if int(d) < len(dtypeNames) {
		return dtypeNames[d]
	}
	return fmt.Sprintf("dtype(%d)", uint8(d))
}

// Size returns the bytes an element takes in memory; a string counts as its header.
func (d DType) Size() int {
	switch d {
	case Float32, Int32, Uint32:
		return 4
	case Float64, Int64, Uint64:
		return 8
	case Int16, Uint16:
		return 2
	case Int8, Uint8, Bool:
		return 1
	case String:
		return 16
	}
	return 0
}

// IsFloat reports whether the type is a floating point type.
func (d DType) IsFloat() bool { return d == Float32 || d == Float64 }

// An Element is a Go type that a tensor can hold.
type Element interface {
	float32 | float64 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8 | bool | string
}

// A Number is an element one can calculate with.
type Number interface {
	float32 | float64 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8
}

// TypeOf returns the element type of a Go type.
func TypeOf[T Element]() DType {
	var z T
	switch any(z).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	case int64:
		return Int64
	case int32:
		return Int32
	case int16:
		return Int16
	case int8:
		return Int8
	case uint64:
		return Uint64
	case uint32:
		return Uint32
	case uint16:
		return Uint16
	case uint8:
		return Uint8
	case bool:
		return Bool
	}
	return String
}
