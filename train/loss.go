package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

// A Loss is a number to make small, of a value of the network and mostly of a target: CrossEntropy, MSE, KL, Mean.
type Loss interface {
	// nodes appends what computes the loss. soft says that the target holds floats of the value's shape.
	nodes(s *sketch, value, target string, soft bool) string
	// wants says what the target may be: none, the index of a class for each position (int64), floats.
	wants() (none, classes, floats bool)
	// axis is where the classes stand in a value of logits, 0 for a loss of other values.
	axis() int
	// check refuses settings that cannot be, for a value of a shape.
	check(shape []int) error
}

// A Term is a loss and what it is of. The sum of all terms is what a training makes small.
type Term struct {
	Loss  Loss
	Value string // a value of the network; "" is its answer (graph.FindOutput)
	// Target is a field of the batches, or a value of the network, which the gradient takes as given. Whole
	// numbers are classes, those below 0 no label; floats are taken as they are.
	Target string
	Weight float64 // what the loss is multiplied by in the sum; 1 if 0
	Name   string  // in the log; "" is loss1 for the first
}

// Mean is the mean of all elements of a value that a network holds itself: a loss of the caller's own making.
type Mean struct{}

func (Mean) nodes(s *sketch, value, _ string, _ bool) string { return s.mean(value) }
func (Mean) wants() (none, classes, floats bool)             { return true, false, false }
func (Mean) axis() int                                       { return 0 }
func (Mean) check([]int) error                               { return nil }

// A target is what stands for the target of a term in the graph of losses.
type target struct {
	of    string // as the term names it
	value string // whose target it is
	field string // of the batches, "" if the target is a value of the network
	input string // its input of the graph
	mixed string // the input of the samples mixed in, "" where fields are mixed themselves
	soft  bool
}

// terms appends the losses and their sum. batch holds the first batch, whose types and ranks the targets have.
func (s *sketch) terms(list []Term, batch map[string]tensor.Tensor, mixup bool) (*program, error) {
	if len(list) == 0 {
		return nil, errors.New("no loss is given")
	}
	p := &program{}
	for i, t := range list {
		if t.Loss == nil {
			return nil, fmt.Errorf("loss %d: none is given", i+1)
		}
		to, err := s.target(&t, batch, mixup)
		if err == nil {
			err = t.Loss.check(s.shapes[t.Value])
		}
		if err != nil {
			return nil, fmt.Errorf("loss %d: %w", i+1, err)
		}
		value := t.Loss.nodes(s, t.Value, to.input, to.soft)
		if to.mixed != "" {
			if p.part == "" {
				p.part = s.input("loss.part", tensor.Float32, []graph.Dim{})
			}
			other := t.Loss.nodes(s, t.Value, to.mixed, to.soft)
			value = s.op("Add", s.op("Mul", p.part, value), s.op("Mul", s.op("Sub", s.number(1), p.part), other))
		}
		value = s.op("Identity", value)
		p.terms, p.targets = append(p.terms, value), append(p.targets, to)
		value = s.scaled(value, or(t.Weight, 1))
		if p.total != "" {
			value = s.op("Add", p.total, value)
		}
		p.total = value
	}
	p.total = s.op("Identity", p.total)
	return p, nil
}

// target finds what a term's target is and gives it an input.
func (s *sketch) target(t *Term, batch map[string]tensor.Tensor, mixup bool) (*target, error) {
	to := &target{of: t.Target}
	if t.Value == "" {
		v, ok := s.FindOutput()
		if !ok {
			return nil, errors.New("the network has no output")
		}
		t.Value = v.Name
	}
	if !s.taken[t.Value] {
		return nil, fmt.Errorf("the network has no value named %q", t.Value)
	}
	to.value = t.Value
	if s.shapes[t.Value] == nil || s.Values[t.Value].Shape == nil {
		return nil, fmt.Errorf("the shape of value %q cannot be told", t.Value)
	}
	if at, rank := t.Loss.axis(), len(s.shapes[t.Value]); at != 0 && (at >= rank || at < -rank) {
		return nil, fmt.Errorf("value %q has shape %v, which has no dimension %d for the classes", t.Value, s.shapes[t.Value], at)
	}
	if kind := s.OutputKind(t.Value); t.Loss.axis() != 0 && (kind == graph.Probabilities || kind == graph.Sigmoids) {
		return nil, fmt.Errorf("value %q holds %s, want logits: the value before they are made of it", t.Value, kind)
	}
	none, classes, floats := t.Loss.wants()
	switch w, ok := batch[t.Target]; {
	case t.Target == "" && none:
		return to, nil
	case t.Target == "" || none:
		return nil, fmt.Errorf("%T of %q with the target %q, want one only where the loss compares", t.Loss, t.Value, t.Target)
	case ok:
		w, err := asTarget(w)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", t.Target, err)
		}
		to.field, to.soft = t.Target, w.DType() == tensor.Float32
		if err := fits(t, w.Shape(), s.shapes[t.Value], to.soft); err != nil {
			return nil, err
		}
		shape := s.declared(t, to.soft)
		to.input = s.input(t.Target+".target", w.DType(), shape)
		if mixup && !to.soft {
			to.mixed = s.input(t.Target+".mixed", w.DType(), shape)
		}
	case s.taken[t.Target]:
		to.soft = s.Values[t.Target].DType.IsFloat()
		if err := fits(t, s.shapes[t.Target], s.shapes[t.Value], to.soft); err != nil {
			return nil, err
		}
		to.input = s.input(t.Target+".held", s.Values[t.Target].DType, s.declared(t, to.soft))
	default:
		return nil, fmt.Errorf("target %q is neither a field of the batches nor a value of the network", t.Target)
	}
	if to.soft && !floats || !to.soft && !classes {
		return nil, fmt.Errorf("target %q of %T holds %s, want the other", t.Target, t.Loss, map[bool]string{true: "floats", false: "whole numbers"}[to.soft])
	}
	return to, nil
}

// declared is the shape of a target: that of the value, without the classes where it names one of them. Sizes
// written as what they depend on would be names of their own in an input, and stay open.
func (s *sketch) declared(t *Term, soft bool) []graph.Dim {
	shape := opened(t.Target+".target", s.Values[t.Value].Shape)
	if at := t.Loss.axis(); !soft {
		at = (at + len(shape)) % len(shape)
		shape = slices.Delete(shape, at, at+1)
	}
	return shape
}

// opened gives the sizes of a shape that are formulas names of their own.
func opened(name string, shape []graph.Dim) []graph.Dim {
	shape = slices.Clone(shape)
	for i, d := range shape {
		if strings.ContainsAny(d.Param, "()*+-/ ") {
			shape[i].Param = fmt.Sprintf("%s_%d", name, i)
		}
	}
	return shape
}

// fits compares the shape of a target with that of the value, both of the first batch. A float target may lack
// dimensions of size 1.
func fits(t *Term, got, value []int, soft bool) error {
	want := value
	if !soft {
		at := (t.Loss.axis() + len(value)) % len(value)
		want = slices.Delete(slices.Clone(value), at, at+1)
	}
	if !slices.Equal(got, want) && !(soft && slices.Equal(squeezed(got), squeezed(want))) {
		return fmt.Errorf("target %q has shape %v for value %q of shape %v", t.Target, got, t.Value, value)
	}
	return nil
}

func squeezed(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
}

// asTarget brings a field to int64 or float32.
func asTarget(t tensor.Tensor) (tensor.Tensor, error) {
	switch t.DType() {
	case tensor.Float32, tensor.Int64:
		return t, nil
	case tensor.Float64:
		return cast[float32](t.Float64s(), t.Shape()), nil
	case tensor.Int32:
		return cast[int64](tensor.Data[int32](t), t.Shape()), nil
	case tensor.Uint8:
		return cast[int64](tensor.Data[uint8](t), t.Shape()), nil
	}
	return t, fmt.Errorf("holds %v, want float32, float64, int64, int32 or uint8", t.DType())
}

func cast[T, F tensor.Number](v []F, shape []int) tensor.Tensor {
	out := make([]T, len(v))
	for i, x := range v {
		out[i] = T(x)
	}
	return tensor.Of(out, shape...)
}
