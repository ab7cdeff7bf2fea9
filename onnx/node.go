package onnx

import (
	"errors"
	"fmt"
)

// A Node is one step of a graph: an operator, or a call of a function. An input named "" is left out.
type Node struct {
	Name       string
	OpType     string
	Domain     string
	Overload   string
	Inputs     []string
	Outputs    []string
	Attributes []*Attribute
	DocString  string
	Metadata   []*KV

	kept []byte
}

// Attr finds an attribute, nil if the node has none of that name.
func (n *Node) Attr(name string) *Attribute {
	for _, a := range n.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// ErrNoAttribute is what getters without a default return for an attribute the node does not have.
var ErrNoAttribute = errors.New("attribute is missing")

// get finds the value of an attribute; ok is false where the node has none of that name.
func get[T any](n *Node, name string) (v T, ok bool, err error) {
	a := n.Attr(name)
	if a == nil {
		return v, false, nil
	}
	if a.Ref != "" {
		return v, true, fmt.Errorf("attribute %q refers to the function's parameter %q, want a value", name, a.Ref)
	}
	v, ok = a.Value.(T)
	if !ok {
		return v, true, fmt.Errorf("attribute %q is %v, want %v", name, a.Type, typeOf(any(v)))
	}
	return v, true, nil
}

func getOr[T any](n *Node, name string, or T) (T, error) {
	v, ok, err := get[T](n, name)
	if !ok {
		return or, err
	}
	return v, err
}

func must[T any](n *Node, name string) (T, error) {
	v, ok, err := get[T](n, name)
	if !ok {
		return v, fmt.Errorf("attribute %q: %w", name, ErrNoAttribute)
	}
	return v, err
}

// Int is the value of an INT attribute, or the default if the node has none of that name.
func (n *Node) Int(name string, or int64) (int64, error) { return getOr(n, name, or) }

// Float is the value of a FLOAT attribute, or the default if the node has none of that name.
func (n *Node) Float(name string, or float32) (float32, error) { return getOr(n, name, or) }

// String is the value of a STRING attribute, or the default if the node has none of that name.
func (n *Node) String(name string, or string) (string, error) { return getOr(n, name, or) }

// Ints is the value of an INTS attribute, nil if the node has none of that name.
func (n *Node) Ints(name string) ([]int64, error) { return getOr[[]int64](n, name, nil) }

// Floats is the value of a FLOATS attribute, nil if the node has none of that name.
func (n *Node) Floats(name string) ([]float32, error) { return getOr[[]float32](n, name, nil) }

// Strings is the value of a STRINGS attribute, nil if the node has none of that name.
func (n *Node) Strings(name string) ([]string, error) { return getOr[[]string](n, name, nil) }

// Tensor is the value of a TENSOR attribute; its absence is ErrNoAttribute.
func (n *Node) Tensor(name string) (*Tensor, error) { return must[*Tensor](n, name) }

// Graph is the value of a GRAPH attribute; its absence is ErrNoAttribute.
func (n *Node) Graph(name string) (*Graph, error) { return must[*Graph](n, name) }
