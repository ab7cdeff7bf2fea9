package onnx

import "fmt"

// AttributeType is the kind of an attribute's value, with the numbers of AttributeProto.AttributeType.
type AttributeType int32

// The kinds of attributes, each with the Go type of Attribute.Value.
const (
	AttributeUndefined     AttributeType = 0
	AttributeFloat         AttributeType = 1  // float32
	AttributeInt           AttributeType = 2  // int64
	AttributeString        AttributeType = 3  // string
	AttributeTensor        AttributeType = 4  // *Tensor
	AttributeGraph         AttributeType = 5  // *Graph
	AttributeFloats        AttributeType = 6  // []float32
	AttributeInts          AttributeType = 7  // []int64
	AttributeStrings       AttributeType = 8  // []string
	AttributeTensors       AttributeType = 9  // []*Tensor
	AttributeGraphs        AttributeType = 10 // []*Graph
	AttributeSparseTensor  AttributeType = 11 // *SparseTensor
	AttributeSparseTensors AttributeType = 12 // []*SparseTensor
	AttributeTypeProto     AttributeType = 13 // *Type
	AttributeTypeProtos    AttributeType = 14 // []*Type
)

// attributeTypes holds each kind's name and the number of the field with its value.
var attributeTypes = [...]struct {
	name  string
	field int
}{
	{"UNDEFINED", 0}, {"FLOAT", 2}, {"INT", 3}, {"STRING", 4}, {"TENSOR", 5}, {"GRAPH", 6},
	{"FLOATS", 7}, {"INTS", 8}, {"STRINGS", 9}, {"TENSORS", 10}, {"GRAPHS", 11},
	{"SPARSE_TENSOR", 22}, {"SPARSE_TENSORS", 23}, {"TYPE_PROTO", 14}, {"TYPE_PROTOS", 15},
}

// String gives the name as in onnx.proto: INT, GRAPHS.
func (t AttributeType) String() string {
	if t < 0 || int(t) >= len(attributeTypes) {
		return fmt.Sprintf("attribute type %d", int32(t))
	}
	return attributeTypes[t].name
}

// An Attribute is a named constant of a node. Value has the Go type listed with its Type; it is nil where
// Ref names the parameter of the surrounding function that it takes its value from.
type Attribute struct {
	Name      string
	Type      AttributeType
	Value     any
	Ref       string
	DocString string

	kept []byte
}

// NewAttribute makes an attribute of the kind that belongs to the value's Go type (see AttributeType);
// an int stands for an int64. Check refuses values of other types.
func NewAttribute(name string, value any) *Attribute {
	if i, ok := value.(int); ok {
		value = int64(i)
	}
	return &Attribute{Name: name, Type: typeOf(value), Value: value}
}

func typeOf(value any) AttributeType {
	switch value.(type) {
	case float32:
		return AttributeFloat
	case int64:
		return AttributeInt
	case string:
		return AttributeString
	case *Tensor:
		return AttributeTensor
	case *Graph:
		return AttributeGraph
	case []float32:
		return AttributeFloats
	case []int64:
		return AttributeInts
	case []string:
		return AttributeStrings
	case []*Tensor:
		return AttributeTensors
	case []*Graph:
		return AttributeGraphs
	case *SparseTensor:
		return AttributeSparseTensor
	case []*SparseTensor:
		return AttributeSparseTensors
	case *Type:
		return AttributeTypeProto
	case []*Type:
		return AttributeTypeProtos
	}
	return AttributeUndefined
}

func (a *Attribute) graphs() []*Graph {
	switch v := a.Value.(type) {
	case *Graph:
		return []*Graph{v}
	case []*Graph:
		return v
	}
	return nil
}

// attributeTensors yields the tensors that attributes hold themselves, not those of their graphs.
func attributeTensors(list []*Attribute, yield func(*Tensor) bool) bool {
	for _, a := range list {
		for _, t := range a.tensors() {
			if !yield(t) {
				return false
			}
		}
	}
	return true
}

func (a *Attribute) tensors() []*Tensor {
	switch v := a.Value.(type) {
	case *Tensor:
		return []*Tensor{v}
	case []*Tensor:
		return v
	case *SparseTensor:
		return v.parts()
	case []*SparseTensor:
		var all []*Tensor
		for _, s := range v {
			all = append(all, s.parts()...)
		}
		return all
	}
	return nil
}
