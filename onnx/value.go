package onnx

import (
	"strconv"
	"strings"
)

// A ValueInfo is what a graph says about one of its values.
type ValueInfo struct {
	Name      string
	Type      *Type // nil where nothing is said
	DocString string
	Metadata  []*KV

	kept []byte
}

// TypeKind says which of its fields a Type uses.
type TypeKind int

// The kinds of types, with the numbers of their fields in TypeProto.
const (
	KindNone     TypeKind = 0
	KindTensor   TypeKind = 1 // Elem, Shape
	KindSequence TypeKind = 4 // Of
	KindMap      TypeKind = 5 // Key, Of
	KindOpaque   TypeKind = 7 // kept, nothing is known of it
	KindSparse   TypeKind = 8 // Elem, Shape
	KindOptional TypeKind = 9 // Of
)

// A Type is the type of a value.
type Type struct {
	Kind       TypeKind
	Elem       DataType // of a tensor's elements
	Key        DataType // of a map's keys
	Shape      *Shape   // of a tensor, nil where the rank is unknown
	Of         *Type    // of a sequence's or optional's element, or a map's values
	Denotation string

	inner []byte // kept of the message of the kind
	kept  []byte
}

// A Shape is a list of sizes; a scalar has none.
type Shape struct {
	Dims []Dim

	kept []byte
}

// A Dim is one size of a shape: a number, a name that stands for one, or neither (unknown).
type Dim struct {
	Known      bool   // Value is the size
	Value      int64  // the size, if Known
	Param      string // the name of the size, if not Known; "" says nothing
	Denotation string

	named bool // dim_param is there although it is empty
	kept  []byte
}

// Fixed is a known size.
func Fixed(n int64) Dim { return Dim{Known: true, Value: n} }

// Param is a size with a name and a value to be known when the model runs.
func Param(name string) Dim { return Dim{Param: name} }

// NewValue describes a tensor value with elements of one type and a shape.
func NewValue(name string, elem DataType, dims ...Dim) *ValueInfo {
	return &ValueInfo{Name: name, Type: &Type{Kind: KindTensor, Elem: elem, Shape: &Shape{Dims: dims}}}
}

// String writes a size: its number, its name, or a question mark.
func (d Dim) String() string {
	switch {
	case d.Known:
		return strconv.FormatInt(d.Value, 10)
	case d.Param != "":
		return d.Param
	}
	return "?"
}

// String writes a shape as [N,3,224,224], and an unknown one as [...].
func (s *Shape) String() string {
	if s == nil {
		return "[...]"
	}
	parts := make([]string, len(s.Dims))
	for i, d := range s.Dims {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// String writes a type as FLOAT[N,3] or sequence(INT64[...]).
func (t *Type) String() string {
	if t == nil {
		return "?"
	}
	switch t.Kind {
	case KindTensor:
		return t.Elem.String() + t.Shape.String()
	case KindSparse:
		return "sparse " + t.Elem.String() + t.Shape.String()
	case KindSequence:
		return "sequence(" + t.Of.String() + ")"
	case KindOptional:
		return "optional(" + t.Of.String() + ")"
	case KindMap:
		return "map(" + t.Key.String() + "," + t.Of.String() + ")"
	case KindOpaque:
		return "opaque"
	}
	return "?"
}
