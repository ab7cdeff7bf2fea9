package graph

import (
	"slices"
	"strconv"
	"strings"
)

// place finds where samples and units stand in a layer's output, and the shape without the samples.
func (f *finder) place(l *found) {
	v := f.g.Values[l.Output]
	if v.Shape == nil {
		return
	}
	l.Axis = len(v.Shape) - 1
	switch {
	case l.node.is("Conv", "ConvTranspose", "BatchNormalization"):
		l.Axis = 1
	case l.Op == "Sum":
		l.Axis = f.sumAxis(l, v)
	}
	if l.Axis >= 0 && l.Units <= 0 {
		l.Units = v.Shape[l.Axis].Size
	}
	l.Batch = f.g.BatchAxis(v.Shape)
	for i, d := range v.Shape {
		switch {
		case i == l.Batch:
		case l.Batch < 0 && i == 0:
			l.Shape = append(l.Shape, f.g.perSample(d))
		default:
			l.Shape = append(l.Shape, d.Size)
		}
	}
}

// batchName returns the name of the size that counts samples, "" where the file fixes it.
func (g *Graph) batchName() string {
	for _, v := range g.Inputs {
		if len(v.Shape) > 0 && v.Shape[0].Size < 0 {
			return v.Shape[0].Param
		}
	}
	return ""
}

// BatchAxis returns the axis of a value that counts samples alone, 0 where it cannot be told, -1 where
// samples and tokens are counted together.
func (g *Graph) BatchAxis(shape []Dim) int {
	name := g.batchName()
	if name == "" || len(shape) == 0 || shape[0].Param == name {
		return 0
	}
	for i, d := range shape {
		if d.Param == name {
			return i
		}
	}
	if g.perSample(shape[0]) != 0 {
		return -1
	}
	return 0
}

// perSample returns k for a size of k times the samples, -1 where k differs from run to run, 0 for other
// sizes.
func (g *Graph) perSample(d Dim) int {
	k, name, ok := strings.Cut(d.Param, "*")
	if ok && name == g.batchName() {
		if n, err := strconv.Atoi(k); err == nil {
			return n
		}
	}
	if slices.Contains(strings.Split(d.Param, "*"), g.batchName()) {
		return -1
	}
	return 0
}

// batchFirst takes, instead of an output in which the samples do not come first, a rearrangement of it
// in which they do, where the graph makes one right away. It reports whether it did.
func (f *finder) batchFirst(l *found) bool {
	at := l.Output
	for range 3 {
		shape := f.g.Values[at].Shape
		if shape == nil || f.g.BatchAxis(shape) == 0 {
			break
		}
		n := f.only(at)
		if !n.is("Reshape", "Transpose") {
			return false
		}
		at = n.Outputs[0]
	}
	shape := f.g.Values[at].Shape
	if at == l.Output || len(shape) == 0 || f.g.BatchAxis(shape) != 0 || shape[len(shape)-1].Size != l.Units {
		return false
	}
	for v := l.Output; v != at; {
		v = f.only(v).Outputs[0]
		l.own = append(l.own, v)
	}
	l.Output = at
	return true
}

// joinDirections takes the value in which the directions of a recurrent layer lie side by side, with the
// samples in front where the graph makes such a one.
func (f *finder) joinDirections(l *found) {
	at, own := l.Output, []string(nil)
	for range 4 {
		n := f.only(at)
		if !n.is("Squeeze", "Transpose", "Reshape") {
			return
		}
		at = n.Outputs[0]
		own = append(own, at)
		shape := f.g.Values[at].Shape
		if len(shape) != 3 || shape[2].Size != l.Units {
			continue
		}
		l.Output, l.own = at, append(l.own, own...)
		if own = nil; f.g.BatchAxis(shape) == 0 {
			return
		}
	}
}

// sumAxis: a sum has its units where the layers it joins have them, or where as many stand as they have.
func (f *finder) sumAxis(l *found, v Value) int {
	last := len(v.Shape) - 1
	after := f.after(l.reads, true)
	for _, i := range after {
		if i < 0 {
			continue
		}
		if other := &f.layers[i]; sameShape(f.g.Values[other.Output].Shape, v.Shape) {
			return other.Axis
		}
	}
	for _, i := range after {
		if i < 0 || last < 2 {
			continue
		}
		if units := f.layers[i].Units; (v.Shape[1].Size == units) != (v.Shape[last].Size == units) {
			if v.Shape[last].Size == units {
				return last
			}
			return 1
		}
	}
	if len(v.Shape) >= 4 {
		return 1
	}
	return last
}
