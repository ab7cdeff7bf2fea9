package op

import (
	"slices"
	"sync"
)

//go:generate go run gen/main.go

type key struct{ domain, name string }

var byName = sync.OnceValue(func() map[key]*Op {
	m := make(map[key]*Op, len(all))
	for _, o := range all {
		m[key{o.Domain, o.Name}] = o
	}
	return m
})

// Lookup returns the operator of that name; domain "" and "ai.onnx" are the same.
func Lookup(domain, name string) (*Op, bool) {
	if domain == "ai.onnx" {
		domain = ""
	}
	o, ok := byName()[key{domain, name}]
	return o, ok
}

// All returns every operator in the order of their names.
func All() []*Op { return slices.Clone(all) }
