package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/tensor"
)

// An Input is what a network wants to be fed: its name, its shape with the batch first and -1 for
// dimensions left open, and its element type.
type Input struct {
	Name  string
	Shape []int
	DType tensor.DType
}

// An input is a network's input and where its values come from.
type input struct {
	Input
	source source // nil: the values are made by fill
	fill   func(n int, feeds map[string]tensor.Tensor) (tensor.Tensor, error)
	plan   *plan
}

// With returns the same samples under another preprocessing.
func (s *Set) With(p Preprocess) (*Set, error) {
	o := s.options
	o.Preprocess = p
	c := *s
	c.closers = nil
	return &c, c.bind(o)
}

// bind makes the plan of every input.
func (s *Set) bind(o Options) error {
	if err := o.Preprocess.check(); err != nil {
		return fmt.Errorf("preprocess: %w", err)
	}
	s.options, s.prep = o, o.Preprocess
	inputs := make([]*input, len(s.inputs))
	for i, in := range s.inputs {
		c := *in
		inputs[i] = &c
		if c.source == nil {
			continue
		}
		p, err := newPlan(s, &c)
		if err != nil {
			return err
		}
		c.plan = p
	}
	s.inputs = inputs
	return nil
}

// found are the sources that data offer, by name.
type found map[string]source

// connect finds a source for each of the network's inputs. With one input that nothing is named after,
// that is x. Masks, positions and an empty past are made where the data have none.
func (s *Set) connect(have found, o Options) error {
	wanted := o.Inputs
	if len(wanted) == 0 { // no network: everything as it is stored
		name := "x"
		if have[name] == nil {
			return fmt.Errorf("%s: no array x", s.Name)
		}
		s.inputs = []*input{{Input: Input{Name: name}, source: have[name]}}
		return nil
	}
	var missing []Input
	for _, w := range wanted {
		in := &input{Input: w, source: have[w.Name]}
		s.inputs = append(s.inputs, in)
		if in.source == nil {
			if in.fill = filler(w, s.masks); in.fill == nil {
				missing = append(missing, w)
			}
		}
	}
	if len(missing) == 1 && have["x"] != nil {
		for _, in := range s.inputs {
			if in.Name == missing[0].Name {
				in.source = have["x"]
			}
		}
		return nil
	}
	if len(missing) > 0 {
		names := make([]string, len(have))[:0]
		for name := range have {
			names = append(names, name)
		}
		slices.Sort(names)
		return problem([]string{fmt.Sprintf("Found: %s. Name the arrays as the network names its inputs.", strings.Join(names, ", "))},
			"%s: no values for input %q of %s.", s.Name, missing[0].Name, o.model())
	}
	return nil
}

// filler makes the values of inputs that have one meaning everywhere, nil where the name has none.
func filler(w Input, masks source) func(int, map[string]tensor.Tensor) (tensor.Tensor, error) {
	switch {
	case w.Name == "attention_mask" && masks == nil:
		return func(n int, feeds map[string]tensor.Tensor) (tensor.Tensor, error) { return tokens(w, n, feeds, one) }
	case w.Name == "token_type_ids":
		return func(n int, feeds map[string]tensor.Tensor) (tensor.Tensor, error) { return tokens(w, n, feeds, zero) }
	case w.Name == "position_ids":
		return func(n int, feeds map[string]tensor.Tensor) (tensor.Tensor, error) { return tokens(w, n, feeds, place) }
	case strings.HasPrefix(w.Name, "past_key_values.") && len(w.Shape) == 4 && w.Shape[1] > 0 && w.Shape[3] > 0:
		return func(n int, _ map[string]tensor.Tensor) (tensor.Tensor, error) {
			return tensor.New(w.DType, n, w.Shape[1], 0, w.Shape[3]), nil
		}
	}
	return nil
}

func one(int) float64     { return 1 }
func zero(int) float64    { return 0 }
func place(t int) float64 { return float64(t) }

// tokens makes [n, T] values by position, T being that of the token ids.
func tokens(w Input, n int, feeds map[string]tensor.Tensor, value func(t int) float64) (tensor.Tensor, error) {
	ids, ok := feeds["input_ids"]
	if !ok || ids.Rank() != 2 {
		return tensor.Tensor{}, fmt.Errorf("input %q: there are no input_ids [N,T] to make it from", w.Name)
	}
	t := tensor.New(tensor.Float64, n, ids.Dim(1))
	for i := range t.Float64s() {
		t.Float64s()[i] = value(i % ids.Dim(1))
	}
	return convert(t, w.DType)
}
