package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/graph"
)

// reshapeSamples finds the place in the new shape before which as many elements lie as before, and lets
// it take what is left.
func reshapeSamples(s *samples, n *graph.Node) (lies, error) {
	from, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	to, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	if _, err := s.first(n); err != nil {
		return lies{}, err
	}
	if _, constant := s.weights[n.Inputs[1]]; !constant {
		return lies{}, fmt.Errorf("its shape is computed")
	}
	out, ok := placed(s.at[n.Inputs[0]], from, to)
	if !ok {
		return lies{}, errMixes
	}
	target := make([]int64, len(to))
	for i, size := range to {
		target[i] = int64(size)
		if size == 0 {
			return lies{}, fmt.Errorf("a size is 0")
		}
	}
	target[out.axis] = -1
	n.Inputs[1] = s.constant(n.Outputs[0]+".shape", target...)
	n.Attributes = nil
	return out, nil
}

// placed returns where samples lie after the elements of one shape are read as another.
func placed(l lies, from, to []int) (lies, bool) {
	before := l.outer
	for _, size := range from[:l.axis] {
		before *= size
	}
	after := l.inner
	for _, size := range from[l.axis+1:] {
		after *= size
	}
	lead := 1
	for i, size := range to {
		if size == 0 || before%lead != 0 {
			return lies{}, false
		}
		outer := before / lead
		if size%outer == 0 {
			inner, rest := size/outer, 1
			for _, k := range to[i+1:] {
				rest *= k
			}
			// A size of 1 that a later axis could take as well is skipped only if it does not fit here.
			if inner*rest == after {
				return lies{some: true, axis: i, outer: outer, inner: inner}, true
			}
		}
		lead *= size
	}
	return lies{}, false
}

func flattenSamples(s *samples, n *graph.Node) (lies, error) {
	from, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	to, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	split := int(n.Attributes.Int("axis", 1))
	if split < 0 {
		split += len(from)
	}
	out, ok := placed(l, from, to)
	if want := 0; !ok || l.axis >= split || out.axis != want {
		return lies{}, errMixes
	}
	return out, nil
}

func transposeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	perm := n.Attributes.Ints("perm")
	if perm == nil {
		l.axis = len(shape) - 1 - l.axis
		return l, nil
	}
	l.axis = slices.Index(perm, int64(l.axis))
	if l.axis < 0 {
		return lies{}, errMixes
	}
	return l, nil
}

func concatSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	axis := int(n.Attributes.Int("axis", 0))
	if axis < 0 {
		axis += len(shape)
	}
	var out lies
	for _, name := range n.Inputs {
		if l := s.at[name]; l.some {
			if out.some && out != l {
				return lies{}, errMixes
			}
			out = l
		}
	}
	if out.axis == axis {
		return lies{}, errMixes
	}
	for i, name := range n.Inputs {
		if s.at[name].some {
			continue
		}
		from, err := s.shapeOf(name)
		if err != nil || !out.plain() || from[out.axis] != 1 {
			return lies{}, errMixes
		}
		n.Inputs[i] = s.repeated(name, out.axis, len(from))
	}
	return out, nil
}

func squeezeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	axes, err := s.ints(n, 1)
	if err != nil {
		return lies{}, errMixes
	}
	return dropAxes(s.at[n.Inputs[0]], axes, len(shape), false)
}

func unsqueezeSamples(s *samples, n *graph.Node) (lies, error) {
	shape, err := s.shapeOf(n.Outputs[0])
	if err != nil {
		return lies{}, err
	}
	axes, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	l := s.at[n.Inputs[0]]
	added := make([]bool, len(shape))
	for _, a := range axes {
		if a < 0 {
			a += int64(len(shape))
		}
		added[a] = true
	}
	for i, left := 0, l.axis; ; i++ {
		if added[i] {
			continue
		}
		if left == 0 {
			l.axis = i
			return l, nil
		}
		left--
	}
}

// gatherSamples: rows of a constant taken by the samples, or positions of an axis that is not theirs.
func gatherSamples(s *samples, n *graph.Node) (lies, error) {
	data, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	ids, err := s.shapeOf(n.Inputs[1])
	if err != nil {
		return lies{}, err
	}
	axis := int(n.Attributes.Int("axis", 0))
	if axis < 0 {
		axis += len(data)
	}
	from, by := s.at[n.Inputs[0]], s.at[n.Inputs[1]]
	switch {
	case from.some && by.some || from.some && from.axis == axis:
		return lies{}, errMixes
	case by.some:
		by.axis += axis
		return by, nil
	case from.axis > axis:
		from.axis += len(ids) - 1
	}
	return from, nil
}

func sliceSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	starts, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	axes := make([]int64, len(starts))
	for i := range axes {
		axes[i] = int64(i)
	}
	if len(n.Inputs) > 3 && n.Inputs[3] != "" {
		if axes, err = s.ints(n, 3); err != nil {
			return lies{}, err
		}
	}
	return dropAxes(l, axes, len(shape), true)
}

func expandSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	shape, err := s.shapeOf(n.Inputs[0])
	if err != nil {
		return lies{}, err
	}
	target, err := s.ints(n, 1)
	if err != nil {
		return lies{}, err
	}
	if shift := len(target) - len(shape); shift > 0 {
		l.axis += shift
	}
	at := l.axis - max(0, len(shape)-len(target))
	if at >= 0 && at < len(target) && target[at] != 1 {
		return lies{}, errMixes
	}
	return l, nil
}

func padSamples(s *samples, n *graph.Node) (lies, error) {
	l, err := s.first(n)
	if err != nil {
		return lies{}, err
	}
	pads, err := s.ints(n, 1)
	if err != nil || len(n.Inputs) > 3 && n.Inputs[3] != "" || l.axis >= len(pads)/2 {
		return lies{}, errMixes
	}
	if pads[l.axis] != 0 || pads[l.axis+len(pads)/2] != 0 {
		return lies{}, errMixes
	}
	return l, nil
}
