package native

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// fuse joins every convolution or product with a constant weight with what follows it: normalisation,
// bias, the sum with another branch, activation. A value in between that someone wants, or that
// anything else reads, ends the chain, so that every wanted value still exists.
func (p *program) fuse(plan []planned) {
	uses := map[string][]int{}
	for i := range plan {
		for _, name := range plan[i].node.Reads() {
			if name != "" {
				uses[name] = append(uses[name], i)
			}
		}
	}
	for i := range plan {
		if plan[i].run != nil || plan[i].skipped {
			continue
		}
		l := p.linear(plan[i].node)
		if l == nil {
			continue
		}
		last := i
		for l.act == kernel.ActNone {
			v := plan[last].node.Outputs[0]
			if p.wanted[p.slots[v]] || len(uses[v]) != 1 {
				break
			}
			next := uses[v][0]
			if plan[next].run != nil || plan[next].skipped || !p.absorb(l, plan[next].node, v) {
				break
			}
			plan[last].skipped = true
			last = next
		}
		plan[last].run, plan[last].inputs = l.program()
	}
}

// linear starts a chain, or returns nil when the node cannot start one.
func (p *program) linear(n *graph.Node) *linear {
	if n.Domain != "" || len(n.Inputs) < 2 || len(n.Outputs) != 1 {
		return nil
	}
	w := p.constant(n.Inputs[1])
	if !w.Valid() || w.DType() != tensor.Float32 || w.Len() == 0 {
		return nil
	}
	l := &linear{op: n.Op, attributes: n.Attributes, x: n.Inputs[0], shape: w.Shape(), weight: w.Float32s()}
	bias := ""
	if len(n.Inputs) > 2 {
		bias = n.Inputs[2]
	}
	switch n.Op {
	case "Conv":
		if w.Rank() != 3 && w.Rank() != 4 {
			return nil
		}
		l.units = w.Dim(0)
	case "Gemm":
		a := n.Attributes
		if w.Rank() != 2 || a.Int("transA", 0) != 0 || a.Float("alpha", 1) != 1 || bias != "" && a.Float("beta", 1) != 1 {
			return nil
		}
		l.transposed = a.Int("transB", 0) != 0
		l.units = w.Dim(1)
		if l.transposed {
			l.units = w.Dim(0)
		}
	case "MatMul":
		if w.Rank() != 2 {
			return nil
		}
		l.units = w.Dim(1)
	default:
		return nil
	}
	if bias != "" && !l.add(p.constant(bias), n.Op == "Conv") {
		return nil
	}
	return l
}

func (p *program) constant(name string) tensor.Tensor {
	if name == "" {
		return tensor.Tensor{}
	}
	if slices.ContainsFunc(p.graph.Inputs, func(v graph.Value) bool { return v.Name == name }) {
		return tensor.Tensor{} // may be fed with something else
	}
	return p.constants[p.slots[name]]
}

// absorb takes the node that reads value v into the chain, if it can.
func (p *program) absorb(l *linear, n *graph.Node, v string) bool {
	if n.Domain != "" || len(n.Outputs) != 1 {
		return false
	}
	switch n.Op {
	case "BatchNormalization":
		return n.Inputs[0] == v && l.residual == "" && p.absorbNorm(l, n)
	case "Add":
		other := n.Inputs[0]
		if other == v {
			other = n.Inputs[1]
		}
		if c := p.constant(other); c.Valid() {
			return l.residual == "" && l.add(c, false)
		}
		if l.residual != "" {
			return false
		}
		l.residual = other
		return true
	case "Relu":
		l.act = kernel.ActRelu
		return true
	case "Clip":
		return n.Inputs[0] == v && p.absorbClip(l, n)
	}
	return false
}

// absorbNorm scales weight and bias by a normalisation with stored statistics.
func (p *program) absorbNorm(l *linear, n *graph.Node) bool {
	if l.op != "Conv" || len(n.Inputs) != 5 || n.Attributes.Int("training_mode", 0) != 0 {
		return false
	}
	var v [4][]float32
	for i := range v {
		c := p.constant(n.Inputs[i+1])
		if !c.Valid() || c.DType() != tensor.Float32 || c.Len() != l.units {
			return false
		}
		v[i] = c.Float32s()
	}
	eps := float64(n.Attributes.Float("epsilon", 1e-5))
	weight, bias := make([]float32, len(l.weight)), make([]float32, l.units)
	per := len(l.weight) / l.units
	for u := range l.units {
		f := float64(v[0][u]) / math.Sqrt(float64(v[3][u])+eps)
		for i := u * per; i < (u+1)*per; i++ {
			weight[i] = float32(float64(l.weight[i]) * f)
		}
		b := 0.0
		if l.bias != nil {
			b = float64(l.bias[u])
		}
		bias[u] = float32((b-float64(v[2][u]))*f + float64(v[1][u]))
	}
	l.weight, l.bias = weight, bias
	return true
}

// absorbClip takes bounds that are constant.
func (p *program) absorbClip(l *linear, n *graph.Node) bool {
	bounds := [2]float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	for i := range bounds {
		if len(n.Inputs) <= i+1 || n.Inputs[i+1] == "" {
			continue
		}
		c := p.constant(n.Inputs[i+1])
		if !c.Valid() || c.DType() != tensor.Float32 || c.Len() != 1 {
			return false
		}
		bounds[i] = c.Float32s()[0]
	}
	l.act, l.lo, l.hi = kernel.ActClip, bounds[0], bounds[1]
	return true
}

// A linear is a convolution or product and what was joined to it.
type linear struct {
	op         string
	attributes op.Attributes
	x          string // the value it reads
	shape      []int  // of the weight
	weight     []float32
	transposed bool // the weight of a product is units x inputs
	units      int
	bias       []float32 // per unit, nil for none
	residual   string    // value added before the activation, "" for none
	act        kernel.Act
	lo, hi     float32
}

// add adds a constant with one element per unit to the bias. Units are the first of the dimensions of
// a convolution's bias (vector) or the one before its two or one spatial ones.
func (l *linear) add(c tensor.Tensor, vector bool) bool {
	if !c.Valid() || c.DType() != tensor.Float32 || c.Len() != l.units {
		return false
	}
	units := c.Rank() - 1
	if l.op == "Conv" && !vector {
		units = c.Rank() - len(l.shape) + 1
	}
	if units < 0 || c.Dim(units) != l.units || l.op == "MatMul" && c.Rank() > 1 || c.Rank() > len(l.shape) {
		return false
	}
	bias := slices.Clone(c.Float32s())
	if l.bias != nil {
		kernel.Add32(bias, bias, l.bias)
	}
	l.bias = bias
	return true
}
