package graph

import (
	"fmt"
	"strings"
)

// nameLayer gives a layer the framework's name for it. The module path of its node is best; the name of
// its weight or bias says more where the path is that of a module around it, or is missing.
func nameLayer(n *Node, weight, bias string) string {
	scope := n.Scope
	if strings.HasPrefix(scope, "_empty_nn_module") { // what PyTorch writes where it knows nothing
		scope = ""
	}
	for _, parameter := range [...]string{weight, bias} {
		module, own := moduleOf(parameter)
		switch {
		case module == "":
		case scope == "":
			return module
		case module == scope || strings.HasPrefix(module, scope+".") && !own:
			return module
		case own:
			return scope + "." + module[strings.LastIndexByte(module, '.')+1:]
		}
	}
	if scope != "" {
		return scope
	}
	switch n.Op {
	case "Add", "Sum":
		return "add"
	case "MatMul", "Einsum", "Attention":
		if weight == "" {
			return "attention"
		}
	}
	if name := strings.Trim(n.Name, "/"); name != "" && !strings.Contains(name, "::") {
		return name
	}
	return strings.ToLower(n.Op)
}

// moduleOf returns the module that a parameter belongs to, by its name: conv1 for conv1.weight. A
// parameter of another name is one that a module holds directly: attn.in_proj, own, for
// attn.in_proj_weight. Names that exporters made up belong to none.
func moduleOf(parameter string) (module string, own bool) {
	if strings.Contains(parameter, "::") {
		return "", false
	}
	for _, end := range [...]string{".weight", ".bias"} {
		if m, ok := strings.CutSuffix(parameter, end); ok {
			return m, false
		}
	}
	for _, end := range [...]string{"_weight", "_bias"} {
		if m, ok := strings.CutSuffix(parameter, end); ok && strings.Contains(m, ".") && !strings.HasSuffix(m, ".weight") {
			return m, true
		}
	}
	return "", false
}

// distinct makes names unique: the second of a name gets #2.
func distinct(layers []Layer) {
	seen := map[string]int{}
	for i := range layers {
		name := layers[i].Name
		seen[name]++
		if k := seen[name]; k > 1 {
			layers[i].Name = fmt.Sprintf("%s#%d", name, k)
		}
	}
}

// stages groups layers by the part of their names up to the first number: layer1 of layer1.0.conv1,
// blocks.3 of blocks.3.attn.qkv. What stands before the first and after the last group is stem and head.
func stages(layers []Layer) {
	first, last := -1, -1
	for i := range layers {
		l := &layers[i]
		name, _, _ := strings.Cut(l.Name, "#")
		if l.Op == "Sum" || l.Op == "Attention" { // named by the module around them
			name += ".x"
		}
		if l.Stage = stageOf(strings.Split(name, ".")); l.Stage != "" {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := range layers {
		l := &layers[i]
		switch {
		case l.Stage != "" || l.Name == "":
		case first >= 0 && i < first:
			l.Stage = "stem"
		case first >= 0 && i > last, l.Head:
			l.Stage = "head"
		}
	}
}

func stageOf(parts []string) string {
	for i, p := range parts[:len(parts)-1] {
		if p == "" {
			continue
		}
		numbered := p[len(p)-1] >= '0' && p[len(p)-1] <= '9'
		if numbered {
			return strings.Join(parts[:i+1], ".")
		}
	}
	return ""
}
