// Package op holds every operator of the canonical form as a pure function on tensors, one file per
// family. It knows nothing of graphs: shapes, order and memory belong to graph and engine.
package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// An Op is one operator of the canonical form.
type Op struct {
	Name   string // the ONNX operator's name
	Domain string // "" is ai.onnx
	Run    Func

	// InPlace says that element i of the only output depends on element i of the inputs of its shape
	// alone, so that Exec.New may hand out the memory of such an input when nobody needs it any more.
	InPlace bool
}

// A Func computes the outputs of one node. It never writes to its inputs, but an output may share
// elements with one; an absent optional input is an invalid tensor. Bad shapes and types are errors,
// since they come from files.
type Func func(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error)

// Exec is what an operator may use while it runs.
type Exec struct {
	Workers int                                                       // goroutines it may use; the result does not depend on it
	Alloc   func(d tensor.DType, shape ...int) (tensor.Tensor, error) // memory for an output, not cleared; nil means tensor.New
	Outputs int                                                       // outputs the node names; later ones need not be computed
	Limit   int64                                                     // most bytes one output may take; 0 means no limit
	Stop    func() error                                              // asked by operators that take long: an error ends them, and leaves outputs unfinished, so ask again afterwards
	Wide    bool                                                      // calculate in double precision: a cast to float32 gives float64
}

// New returns memory for an output; its elements have any values.
func (x *Exec) New(d tensor.DType, shape ...int) (tensor.Tensor, error) {
	if err := x.stopped(); err != nil {
		return tensor.Tensor{}, err
	}
	n, err := tensor.Count(shape)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if b := int64(n) * int64(d.Size()); x.Limit > 0 && b > x.Limit {
		return tensor.Tensor{}, fmt.Errorf("an output of %v %v takes %d bytes, the limit is %d", d, shape, b, x.Limit)
	}
	if x.Alloc == nil {
		return tensor.New(d, shape...), nil
	}
	return x.Alloc(d, shape...)
}

// Attributes are a node's settings by name: int64, float32, string, tensor.Tensor, or a slice of one
// of these.
type Attributes map[string]any

// Int returns an integer attribute, or the default when it is not given.
func (a Attributes) Int(name string, otherwise int64) int64 {
	if v, ok := a[name].(int64); ok {
		return v
	}
	return otherwise
}

// Float returns a float attribute, or the default when it is not given.
func (a Attributes) Float(name string, otherwise float32) float32 {
	if v, ok := a[name].(float32); ok {
		return v
	}
	return otherwise
}

// Str returns a string attribute, or the default when it is not given.
func (a Attributes) Str(name, otherwise string) string {
	if v, ok := a[name].(string); ok {
		return v
	}
	return otherwise
}

// Ints returns a list of integers, or nil when it is not given.
func (a Attributes) Ints(name string) []int64 {
	v, _ := a[name].([]int64)
	return v
}
