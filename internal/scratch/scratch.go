// Package scratch lends slices to computations that need them for a moment, so that those that come often leave
// nothing to collect.
package scratch

import "sync"

// A Pool holds slices that are not in use, until the collector takes them. Its zero value is empty.
type Pool[T any] struct{ slices sync.Pool }

// Borrow gives a slice of n values, which may be anything.
func (p *Pool[T]) Borrow(n int) *[]T {
	b, _ := p.slices.Get().(*[]T)
	if b == nil || cap(*b) < n {
		s := make([]T, n+n/8) // those that ask for a little more next time need no other
		b = &s
	}
	*b = (*b)[:n]
	return b
}

// Return takes slices back, which nobody may use after that.
func (p *Pool[T]) Return(list ...*[]T) {
	for _, b := range list {
		p.slices.Put(b)
	}
}
