package onnx

import (
	"fmt"
	"testing"
)

// small is a valid model: y = x·w + b with a function of its own in between.
func small() *Model {
	return &Model{
		IRVersion:    9,
		Source:       "model.onnx",
		OpsetImports: []*Opset{{Version: 20}, {Domain: "own", Version: 1}},
		Graph: &Graph{
			Name:   "small",
			Inputs: []*ValueInfo{NewValue("x", Float, Param("N"), Fixed(2))},
			Initializers: []*Tensor{
				NewFloatTensor("w", []int64{2, 3}, []float32{1, 2, 3, 4, 5, 6}),
				NewFloatTensor("b", []int64{3}, []float32{0, 0, 1}),
			},
			Nodes: []*Node{
				{Name: "fc", OpType: "Gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"},
					Attributes: []*Attribute{NewAttribute("alpha", float32(1)), NewAttribute("transB", 0)}},
				{Name: "act", OpType: "Twice", Domain: "own", Inputs: []string{"h"}, Outputs: []string{"y"}},
			},
			Outputs: []*ValueInfo{NewValue("y", Float, Param("N"), Fixed(3))},
		},
		Functions: []*Function{{
			Name: "Twice", Domain: "own", Inputs: []string{"a"}, Outputs: []string{"c"}, Opsets: []*Opset{{Version: 20}},
			Nodes: []*Node{{OpType: "Add", Inputs: []string{"a", "a"}, Outputs: []string{"c"}}},
		}},
	}
}

func TestCheck(t *testing.T) {
	if err := Check(small()); err != nil {
		t.Fatalf("a valid model is refused: %v", err)
	}
	call := func(name string) *Node {
		return &Node{OpType: name, Domain: "own", Inputs: []string{"a"}, Outputs: []string{name}}
	}
	branch := func(in, out string) *Graph {
		return &Graph{Name: "branch", Nodes: []*Node{{OpType: "Relu", Inputs: []string{in}, Outputs: []string{out}}}, Outputs: []*ValueInfo{{Name: out}}}
	}
	for want, spoil := range map[string]func(*Model){
		`ir_version is 2, want 3 to 14`:                                                   func(m *Model) { m.IRVersion = 2 },
		`ir_version is 15, want 3 to 14`:                                                  func(m *Model) { m.IRVersion = 15 },
		`has no graph`:                                                                    func(m *Model) { m.Graph = nil },
		`imports no opset`:                                                                func(m *Model) { m.OpsetImports = nil },
		`imports opset 6 of ai.onnx, want 7 to 28`:                                        func(m *Model) { m.OpsetImports[0].Version = 6 },
		`imports opset 29 of ai.onnx, want 7 to 28`:                                       func(m *Model) { m.OpsetImports[0].Version = 29 },
		`imports ai.onnx twice`:                                                           func(m *Model) { m.OpsetImports[1].Domain = "ai.onnx" },
		`imports opset 0 of domain "own", want 1 or more`:                                 func(m *Model) { m.OpsetImports[1].Version = 0 },
		`node 1 "act" (Twice): domain "own" is not among the opset imports`:               func(m *Model) { m.OpsetImports = m.OpsetImports[:1] },
		`node 0 "fc" (Gemm): input "v" is never defined`:                                  func(m *Model) { m.Graph.Nodes[0].Inputs[1] = "v" },
		`node 0 "fc" (Gemm): input "y" is defined later, by node 1`:                       func(m *Model) { m.Graph.Nodes[0].Inputs[1] = "y" },
		`node 0 "fc" (Gemm): input "h" is defined later, by node 0`:                       func(m *Model) { m.Graph.Nodes[0].Inputs[1] = "h" },
		`node 1 "act" (Twice): output "h" is defined twice`:                               func(m *Model) { m.Graph.Nodes[1].Outputs[0] = "h" },
		`node 1 "act" (Twice): output "x" is defined twice`:                               func(m *Model) { m.Graph.Nodes[1].Outputs[0] = "x" },
		`node 0 "fc" (Gemm): output "w" is defined twice`:                                 func(m *Model) { m.Graph.Nodes[0].Outputs[0] = "w" },
		`node 1 "act" (): has no operator`:                                                func(m *Model) { m.Graph.Nodes[1].OpType = "" },
		`node 1 "act" (Twi\u202ece\x1b): input "g" is never defined`:                      func(m *Model) { n := m.Graph.Nodes[1]; n.OpType, n.Inputs[0] = "Twi\u202ece\x1b", "g" },
		`node 1 "act" (Twice): calls overload "2" of a function that is not in the model`: func(m *Model) { m.Graph.Nodes[1].Overload = "2" },
		`output "z" is never defined`:                                                     func(m *Model) { m.Graph.Outputs[0].Name = "z" },
		`output 0 has no name`:                                                            func(m *Model) { m.Graph.Outputs[0].Name = "" },
		`input 0 has no name`:                                                             func(m *Model) { m.Graph.Inputs[0].Name = "" },
		`input "x" is defined twice`:                                                      func(m *Model) { m.Graph.Inputs = append(m.Graph.Inputs, m.Graph.Inputs[0]) },
		`initializer "w" is defined twice`:                                                func(m *Model) { m.Graph.Initializers[1].Name = "w" },
		`initializer 1 has no name`:                                                       func(m *Model) { m.Graph.Initializers[1].Name = "" },
		`tensor "b": has undefined, which does not exist`:                                 func(m *Model) { m.Graph.Initializers[1].DataType = 0 },
		`tensor "b": has data type 99, which does not exist`:                              func(m *Model) { m.Graph.Initializers[1].DataType = 99 },
		`tensor "b": raw_data has 12 bytes, want 24 for FLOAT [3 2]`:                      func(m *Model) { m.Graph.Initializers[1].Dims = []int64{3, 2} },
		`tensor "b": shape [3 -1] has a negative size`:                                    func(m *Model) { m.Graph.Initializers[1].Dims = []int64{3, -1} },
		`tensor "b": shape [4294967296 4294967296 2] has too many elements`:               func(m *Model) { m.Graph.Initializers[1].Dims = []int64{1 << 32, 1 << 32, 2} },
		`node 0 "fc" (Gemm): attribute "alpha" is there twice`:                            func(m *Model) { m.Graph.Nodes[0].Attributes[1].Name = "alpha" },
		`node 0 "fc" (Gemm): an attribute has no name`:                                    func(m *Model) { m.Graph.Nodes[0].Attributes[1].Name = "" },
		`node 0 "fc" (Gemm): attribute "alpha": is INT and has a value of type FLOAT`:     func(m *Model) { m.Graph.Nodes[0].Attributes[0].Type = AttributeInt },
		`node 0 "fc" (Gemm): attribute "alpha": is FLOAT and has no value`:                func(m *Model) { m.Graph.Nodes[0].Attributes[0].Value = nil },
		`node 0 "fc" (Gemm): attribute "alpha": attribute type 77 is no type of a value`:  func(m *Model) { m.Graph.Nodes[0].Attributes[0].Type = 77 },
		`node 0 "fc" (Gemm): attribute "alpha": refers to "p" outside of a function`: func(m *Model) {
			m.Graph.Nodes[0].Attributes[0] = &Attribute{Name: "alpha", Type: AttributeFloat, Ref: "p"}
		},
		`function own.Twice: node 0 "" (Add): attribute "k": refers to "p", which is no parameter of the function`: func(m *Model) {
			m.Functions[0].Nodes[0].Attributes = []*Attribute{{Name: "k", Type: AttributeFloat, Ref: "p"}}
		},
		`node 1 "act" (Twice): attribute "g": node 0 "" (Relu): input "y" is never defined`: func(m *Model) {
			m.Graph.Nodes[1].Attributes = []*Attribute{NewAttribute("g", branch("y", "z"))}
		},
		`node 1 "act" (Twice): attribute "g": node 0 "" (Relu): output "h" is defined twice`: func(m *Model) {
			m.Graph.Nodes[1].Attributes = []*Attribute{NewAttribute("g", branch("x", "h"))}
		},
		`function own.Twice is defined twice`:                                         func(m *Model) { m.Functions = append(m.Functions, m.Functions[0]) },
		`function own.Twice: output "d" is never defined`:                             func(m *Model) { m.Functions[0].Outputs[0] = "d" },
		`function own.Twice: node 0 "" (Add): input "x" is never defined`:             func(m *Model) { m.Functions[0].Nodes[0].Inputs[0] = "x" },
		`function own.Twice: node 0 "" (Add): ai.onnx is not among the opset imports`: func(m *Model) { m.Functions[0].Opsets = nil },
		`function own.Twice calls itself`: func(m *Model) {
			f := m.Functions[0]
			f.Opsets = append(f.Opsets, &Opset{Domain: "own", Version: 1})
			f.Nodes = append(f.Nodes, call("Thrice"))
			m.Functions = append(m.Functions, &Function{Name: "Thrice", Domain: "own", Inputs: []string{"a"}, Opsets: f.Opsets, Nodes: []*Node{call("Twice")}})
		},
	} {
		m := small()
		spoil(m)
		if err := Check(m); err == nil || err.Error() != "model.onnx: "+want {
			t.Errorf("\n got %v\nwant model.onnx: %s", err, want)
		}
	}
}

// TestCheckAllows holds what looks wrong and is not.
func TestCheckAllows(t *testing.T) {
	for name, change := range map[string]func(*Model){
		"optional input left out":         func(m *Model) { m.Graph.Nodes[0].Inputs[2] = "" },
		"initializer is an input, too":    func(m *Model) { m.Graph.Inputs = append(m.Graph.Inputs, NewValue("w", Float)) },
		"ai.onnx spelled out":             func(m *Model) { m.Graph.Nodes[0].Domain = "ai.onnx" },
		"several outputs, some unused":    func(m *Model) { m.Graph.Nodes[1].Outputs = []string{"y", "", ""} },
		"an operator of a foreign domain": func(m *Model) { m.Functions = nil },
		"a body's input hides a name": func(m *Model) {
			body := &Graph{Inputs: []*ValueInfo{{Name: "x"}}, Nodes: []*Node{{OpType: "Relu", Inputs: []string{"x"}, Outputs: []string{"z"}}}}
			m.Graph.Nodes[1].Attributes = []*Attribute{NewAttribute("body", body)}
		},
		"branches define the same name": func(m *Model) {
			g := &Graph{Nodes: []*Node{{OpType: "Relu", Inputs: []string{"h"}, Outputs: []string{"z"}}}}
			m.Graph.Nodes[1].Attributes = []*Attribute{NewAttribute("then_branch", g), NewAttribute("else_branch", g)}
		},
	} {
		m := small()
		change(m)
		if err := Check(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCheckExpansion refuses functions that call one another ten times each: 10^12 nodes in a file of 2 KB.
func TestCheckExpansion(t *testing.T) {
	m := small()
	m.Functions = nil
	opsets := []*Opset{{Version: 20}, {Domain: "own", Version: 1}}
	for level := range 12 {
		f := &Function{Name: fmt.Sprint("f", level), Domain: "own", Inputs: []string{"a"}, Opsets: opsets}
		for i := range 10 {
			n := &Node{OpType: fmt.Sprint("f", level+1), Domain: "own", Inputs: []string{"a"}, Outputs: []string{fmt.Sprint("o", i)}}
			if level == 11 {
				n.OpType, n.Domain = "Relu", ""
			}
			f.Nodes = append(f.Nodes, n)
		}
		m.Functions = append(m.Functions, f)
	}
	if err := Check(m); err == nil || err.Error() != "model.onnx: has more than 1000000 nodes when its functions are expanded" {
		t.Errorf("got %v", err)
	}
	m.limits.Depth = 3
	if err := Check(m); err == nil || err.Error() != "model.onnx: function own.f3: functions call one another deeper than 3 levels" {
		t.Errorf("got %v", err)
	}
}
