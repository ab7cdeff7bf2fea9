package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/tensor"
)

const (
	mostParts  = 4096    // of one list
	mostListed = 1 << 24 // elements of all lists, each change making a new one
)

// list remembers the elements of a list, within the bounds.
func (f *folder) list(name string, elements []string) error {
	if f.listed += len(elements); len(elements) > mostParts || f.listed > mostListed {
		return fmt.Errorf("a list of %d tensors, and %d in all lists so far, at most %d and %d are allowed", len(elements), f.listed, mostParts, mostListed)
	}
	f.sequences[name] = elements
	return nil
}

// sequence follows lists of tensors, whose lengths and positions are known before the network runs, by the
// names of their elements: no list is left behind. What cannot be followed stays, and cannot be run.
func (f *folder) sequence(r *raw) (bool, error) {
	n := &r.node
	if n.Domain != "" || len(n.Outputs) != 1 {
		return false, f.noSequence(r)
	}
	out := n.Outputs[0]
	switch n.Op {
	case "SequenceEmpty":
		return true, f.list(out, []string{})
	case "SequenceConstruct":
		return true, f.list(out, slices.Clone(n.Inputs))
	case "SplitToSequence":
		return f.cut(n)
	}
	if len(n.Inputs) == 0 {
		return false, nil
	}
	list, known := f.sequences[n.Inputs[0]]
	if !known {
		return false, f.noSequence(r)
	}
	switch n.Op {
	case "Identity":
		return true, f.list(out, list)
	case "SequenceLength":
		f.weight(out, tensor.Scalar(int64(len(list))))
	case "ConcatFromSequence":
		f.join(n, list)
	case "SequenceAt":
		at, ok, err := f.position(n, 1, len(list), len(list)-1)
		if !ok || err != nil {
			return false, err
		}
		f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Identity", Inputs: []string{list[at]}, Outputs: n.Outputs})
	case "SequenceErase":
		at, ok, err := f.position(n, 1, len(list), len(list)-1)
		if !ok || err != nil {
			return false, err
		}
		return true, f.list(out, slices.Delete(slices.Clone(list), at, at+1))
	case "SequenceInsert":
		at, ok, err := f.position(n, 2, len(list)+1, len(list))
		if !ok || err != nil {
			return false, err
		}
		if len(n.Inputs) < 2 {
			return false, fmt.Errorf("nothing is inserted")
		}
		return true, f.list(out, slices.Insert(slices.Clone(list), at, n.Inputs[1]))
	default:
		return false, f.noSequence(r)
	}
	return true, nil
}

// noSequence refuses lists as inputs of what takes tensors, and of graphs inside it.
func (f *folder) noSequence(r *raw) error {
	if len(f.sequences) == 0 {
		return nil
	}
	for _, s := range f.im.reads(r) {
		if list, ok := f.sequences[f.resolve(s)]; ok {
			return fmt.Errorf("%q is a list of %d tensors, want a tensor", s, len(list))
		}
	}
	return nil
}

// position reads an input that counts in a list, from its end if negative; ok is false where it is not known.
func (f *folder) position(n *graph.Node, input, length, otherwise int) (at int, ok bool, err error) {
	at = otherwise
	if input < len(n.Inputs) && n.Inputs[input] != "" {
		w, known := f.tracer.Fixed(n.Inputs[input])
		if !known || w.Len() != 1 {
			return 0, false, nil
		}
		p, whole := wholes(w)
		if !whole {
			return 0, false, fmt.Errorf("position of type %v, want an integer", w.DType())
		}
		if p[0] < 0 {
			p[0] += int64(length)
			if n.Op == "SequenceInsert" {
				p[0]--
			}
		}
		at = int(min(max(p[0], -1), int64(length)))
	}
	if at < 0 || at >= length {
		return 0, false, fmt.Errorf("position %d is outside of a list of %d", at, len(f.sequences[n.Inputs[0]]))
	}
	return at, true, nil
}

// wholes returns a copy of the elements of an integer tensor.
func wholes(w tensor.Tensor) ([]int64, bool) {
	switch w.DType() {
	case tensor.Int64:
		return slices.Clone(w.Int64s()), true
	case tensor.Int32:
		return convert[int64](tensor.Data[int32](w)), true
	}
	return nil, false
}

// join puts the elements of a list together, on a new axis or on one they have.
func (f *folder) join(n *graph.Node, list []string) {
	axis := n.Attributes.Int("axis", 0)
	parts := slices.Clone(list)
	if n.Attributes.Int("new_axis", 0) != 0 {
		at := f.ints(n, axis)
		for i, s := range list {
			parts[i] = f.im.fresh(fmt.Sprintf("%s.%d", n.Outputs[0], i))
			f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Unsqueeze", Inputs: []string{s, at}, Outputs: []string{parts[i]}})
		}
	}
	f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Concat", Inputs: parts, Outputs: n.Outputs, Attributes: map[string]any{"axis": axis}})
}

// ints adds a weight of integers for a node and returns its name.
func (f *folder) ints(n *graph.Node, v ...int64) string {
	name := f.im.fresh(n.Outputs[0] + ".numbers")
	f.weight(name, tensor.Of(v, len(v)))
	return name
}

// cut makes a list of the parts of a value, if their number is known.
func (f *folder) cut(n *graph.Node) (bool, error) {
	if len(n.Inputs) == 0 {
		return false, fmt.Errorf("no input")
	}
	axis := n.Attributes.Int("axis", 0)
	sizes, single, err := f.partSizes(n, axis)
	if sizes == nil || err != nil {
		return false, err
	}
	list := make([]string, len(sizes))
	for i := range list {
		list[i] = f.im.fresh(fmt.Sprintf("%s.%d", n.Outputs[0], i))
	}
	f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Split", Inputs: []string{n.Inputs[0], f.ints(n, sizes...)}, Outputs: slices.Clone(list),
		Attributes: map[string]any{"axis": axis}})
	if single && n.Attributes.Int("keepdims", 1) == 0 {
		at := f.ints(n, axis)
		for i, s := range list {
			list[i] = f.im.fresh(s + ".row")
			f.one(graph.Node{Name: n.Name, Scope: n.Scope, Op: "Squeeze", Inputs: []string{s, at}, Outputs: []string{list[i]}})
		}
	}
	return true, f.list(n.Outputs[0], list)
}

// partSizes returns the sizes of the parts, nil where they are not known; single says that no size is given
// and all are 1.
func (f *folder) partSizes(n *graph.Node, axis int64) (sizes []int64, single bool, err error) {
	width := int64(1)
	if single = len(n.Inputs) < 2 || n.Inputs[1] == ""; !single {
		w, known := f.tracer.Fixed(n.Inputs[1])
		if !known {
			return nil, false, nil
		}
		v, whole := wholes(w)
		if !whole || len(v) > mostParts {
			return nil, false, fmt.Errorf("%d sizes of type %v, want at most %d integers", w.Len(), w.DType(), mostParts)
		}
		if w.Rank() == 1 {
			return v, false, nil
		}
		width = v[0]
	}
	var size int64 = -1
	for _, s := range f.tracer.Sizes(n.Inputs[0]) {
		at := axis
		if at < 0 {
			at += int64(len(s))
		}
		if at < 0 || at >= int64(len(s)) || size >= 0 && size != int64(s[at]) {
			return nil, false, nil
		}
		size = int64(s[at])
	}
	if size < 0 {
		return nil, false, nil
	}
	if width < 1 || size > mostParts*width {
		return nil, false, fmt.Errorf("parts of %d of a dimension of %d, want at most %d parts", width, size, mostParts)
	}
	sizes = []int64{}
	for ; size > 0; size -= width {
		sizes = append(sizes, min(width, size))
	}
	return sizes, single, nil
}
