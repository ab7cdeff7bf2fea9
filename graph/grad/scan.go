package grad

import (
	"maps"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A loop is a Scan at work: states are carried from step to step, rows of other inputs and outputs go by.
type loop struct {
	*call
	body       *graph.Graph
	states     int
	read, give []int64 // directions of what is read and given, 1 for backwards
}

// scanBack runs the steps again, keeping the states before each, and then a Scan from the last step to the
// first that carries the gradients of the states and adds up those of what the body takes from around.
func scanBack(c *call) {
	l, ok := c.loop()
	if !ok {
		return
	}
	var around []string // float values that the body takes and whose gradient is wanted
	for _, s := range l.body.Taken() {
		if c.single[s] {
			c.refuse("has no gradient for each sample yet, which weight %q is asked for", s)
			return
		}
		if c.active[s] {
			around = append(around, s)
		}
	}
	n := graph.Node{Scope: c.n.Scope, Op: "Scan", Attributes: op.Attributes{}}
	var own, rows []graph.Value // inputs of the new body: carried, and by rows
	var by []int64              // directions of the rows
	carry := func(name, first, like string) {
		own = append(own, renamed(c.values[like], name))
		n.Inputs = append(n.Inputs, first)
	}
	var inputs []string // by rows
	row := func(name, x string, direction int64) {
		v := renamed(c.values[x], name)
		if v.Shape != nil {
			v.Shape = v.Shape[1:]
		}
		rows, inputs, by = append(rows, v), append(inputs, x), append(by, direction)
	}
	gradients := make([]string, len(l.body.Outputs))
	before := l.before()
	var moving []int // states of floats
	for k, first := range c.n.Inputs[:l.states] {
		row(l.body.Inputs[k].Name, before[k], 1)
		rows[len(rows)-1] = renamed(c.values[first], l.body.Inputs[k].Name) // whose number of rows may not be known
		if !c.real(first) {
			continue
		}
		moving = append(moving, k)
		gradients[k] = c.fresh(first + ".grad.state")
		v := c.grad(k)
		if v == "" {
			v = c.zeros(first)
		}
		carry(gradients[k], v, first)
	}
	sums := map[string]string{}
	for _, s := range around {
		sums[s] = c.fresh(s + ".grad.sum")
		carry(sums[s], c.zeros(s), s)
	}
	for k, x := range c.n.Inputs[l.states:] {
		row(l.body.Inputs[l.states+k].Name, x, 1-l.read[k])
	}
	for k := range l.give {
		if v := c.grad(l.states + k); v != "" {
			gradients[l.states+k] = c.fresh(v + ".row")
			row(gradients[l.states+k], v, 1-l.give[k])
			if last := &rows[len(rows)-1]; last.Shape == nil { // of a number of rows that is not known
				*last = renamed(c.inside(l.body, l.body.Inputs, nil).values[l.body.Outputs[l.states+k]], last.Name)
			}
		}
	}
	if c.err != nil {
		return
	}
	own = append(own, rows...)
	inner := c.inside(l.body, own, around)
	for _, s := range around {
		inner.active[s] = true
	}
	for _, v := range l.body.Inputs {
		inner.active[v.Name] = inner.real(v.Name)
	}
	inner.backFrom(l.body.Outputs, gradients)
	var outputs, targets []string
	result := func(v, zero, target string) {
		if v == "" {
			v = inner.zeros(zero)
		}
		outputs, targets = append(outputs, inner.name(v, zero+".grad")), append(targets, target)
	}
	for _, k := range moving {
		name := l.body.Inputs[k].Name
		result(inner.grads[name], name, c.in(k))
	}
	for _, s := range around {
		v := sums[s]
		if g := inner.grads[s]; g != "" {
			v = inner.add(v, g)
		}
		result(v, s, s)
	}
	var gives []int64
	for k, x := range c.n.Inputs[l.states:] {
		if name := l.body.Inputs[l.states+k].Name; c.wants(l.states + k) {
			result(inner.grads[name], name, x)
			gives = append(gives, 1-l.read[k])
		}
	}
	n.Inputs = append(n.Inputs, inputs...)
	n.Attributes["num_scan_inputs"], n.Attributes["scan_input_directions"] = int64(len(rows)), by
	if gives != nil {
		n.Attributes["scan_output_directions"] = gives
	}
	n.Subgraphs = map[string]*graph.Graph{"body": c.closed(inner, own, outputs)}
	for i, v := range c.emit(&n, targets) {
		if s := targets[i]; c.active[s] && c.err == nil {
			c.contribute(s, v)
		}
	}
}

// loop checks a Scan and reads its directions.
func (c *call) loop() (*loop, bool) {
	l := &loop{call: c, body: c.n.Subgraphs["body"]}
	rows := int(c.int("num_scan_inputs", 0))
	l.states = len(c.n.Inputs) - rows
	l.read, l.give = c.n.Attributes.Ints("scan_input_directions"), c.n.Attributes.Ints("scan_output_directions")
	given := len(c.n.Outputs) - l.states
	if l.body == nil || rows < 1 || l.states < 0 || given < 0 || len(l.body.Inputs) != len(c.n.Inputs) || len(l.body.Outputs) != len(c.n.Outputs) {
		c.refuse("has a body that does not fit it")
		return nil, false
	}
	if l.read == nil {
		l.read = make([]int64, rows)
	}
	if l.give == nil {
		l.give = make([]int64, given)
	}
	return l, len(l.read) == rows && len(l.give) == given
}

// before runs the steps once more and returns the states before each: [steps, shape of the state...].
func (l *loop) before() []string {
	if l.states == 0 {
		return nil
	}
	body := *l.body
	body.Nodes, body.Outputs = slices.Clone(body.Nodes), slices.Clone(body.Outputs[:l.states])
	n := graph.Node{Scope: l.n.Scope, Op: "Scan", Inputs: l.n.Inputs, Attributes: op.Attributes{"num_scan_inputs": l.int("num_scan_inputs", 0), "scan_input_directions": l.read},
		Subgraphs: map[string]*graph.Graph{"body": &body}}
	for _, v := range l.body.Inputs[:l.states] {
		name := l.fresh(v.Name + ".before")
		body.Nodes = append(body.Nodes, graph.Node{Name: name, Op: "Identity", Inputs: []string{v.Name}, Outputs: []string{name}})
		body.Outputs = append(body.Outputs, name)
	}
	return l.emit(&n, append(slices.Clone(l.n.Inputs[:l.states]), make([]string, l.states)...))[l.states:]
}

// emit appends a node with graphs inside, with an output each for the values that they are like, "" for
// one that is like none.
func (b *builder) emit(n *graph.Node, like []string) []string {
	if b.err != nil {
		return make([]string, len(like))
	}
	for range like {
		n.Outputs = append(n.Outputs, b.fresh(b.node.Outputs[0]+".grad."+n.Op))
	}
	n.Name = n.Outputs[0]
	b.nodes = append(b.nodes, *n)
	b.follow(n)
	for i, s := range like {
		if v := b.values[s]; s != "" && b.values[n.Outputs[i]].Shape == nil {
			b.input(renamed(v, n.Outputs[i]))
		}
	}
	return n.Outputs
}

func renamed(v graph.Value, name string) graph.Value {
	v.Name = name
	return v
}

// loopLower writes a Loop as a Scan over the numbers of its turns. One that ends by a condition runs once more
// to give them.
func loopLower(c *call) []string {
	body, count, first := c.n.Subgraphs["body"], c.in(0), c.in(1)
	states := len(c.n.Inputs) - 2
	if body == nil || states < 0 || len(body.Inputs) != states+2 || len(body.Outputs) != len(c.n.Outputs)+1 {
		c.refuse("has a body that does not fit it")
		return nil
	}
	goes := body.Inputs[1].Name
	turns := ""
	if count == "" || first != "" && !c.holds(c.weights[first]) || !c.keeps(body, goes) {
		turns = c.turns(body)
	} else {
		turns = c.op("Range", c.integer(0), c.reshape(c.cast64(count), c.ints()), c.integer(1))
	}
	inner := &graph.Graph{Opset: body.Opset, Nodes: body.Nodes, Outputs: body.Outputs[1:], Weights: map[string]tensor.Tensor{goes: tensor.Scalar(true)}}
	inner.Inputs = append(slices.Clone(body.Inputs[2:]), renamed(graph.Value{DType: tensor.Int64, Shape: []graph.Dim{}}, body.Inputs[0].Name))
	maps.Copy(inner.Weights, body.Weights)
	for i := range states {
		inner.Inputs[i] = renamed(c.values[c.in(2+i)], inner.Inputs[i].Name)
	}
	n := graph.Node{Scope: c.n.Scope, Op: "Scan", Inputs: append(slices.Clone(c.n.Inputs[2:]), turns), Attributes: op.Attributes{"num_scan_inputs": int64(1)},
		Subgraphs: map[string]*graph.Graph{"body": inner}}
	return c.emit(&n, c.n.Outputs)
}

// turns runs a Loop with the number of each turn as its one output beside the states.
func (c *call) turns(body *graph.Graph) string {
	states := len(c.n.Inputs) - 2
	counting := *body
	number := c.fresh(body.Inputs[0].Name + ".turn")
	counting.Nodes = append(slices.Clone(body.Nodes), graph.Node{Name: number, Op: "Identity", Inputs: []string{body.Inputs[0].Name}, Outputs: []string{number}})
	counting.Outputs = append(slices.Clone(body.Outputs[:1+states]), number)
	n := graph.Node{Scope: c.n.Scope, Op: "Loop", Inputs: c.n.Inputs, Attributes: op.Attributes{}, Subgraphs: map[string]*graph.Graph{"body": &counting}}
	turns := c.emit(&n, append(slices.Clone(c.n.Inputs[2:]), ""))[states]
	if c.values[turns].Shape == nil {
		c.input(graph.Value{Name: turns, DType: tensor.Int64, Shape: unknown(1)})
	}
	return turns
}

// keeps says whether a body's condition is true after every turn.
func (c *call) keeps(body *graph.Graph, goes string) bool {
	out := body.Outputs[0]
	for i := len(body.Nodes) - 1; i >= 0; i-- {
		if n := &body.Nodes[i]; n.Outputs[0] == out && n.Op == "Identity" {
			out = n.Inputs[0]
		}
	}
	return out == goes || c.holds(body.Weights[out]) || c.holds(c.weights[out])
}

func (c *call) holds(t tensor.Tensor) bool {
	return t.Valid() && t.DType() == tensor.Bool && t.Len() == 1 && tensor.Data[bool](t)[0]
}
