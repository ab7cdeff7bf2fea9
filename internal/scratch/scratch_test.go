package scratch

import "testing"

// What is borrowed is as long as asked, whatever was returned before, and nobody else's.
func TestBorrow(t *testing.T) {
	var p Pool[int]
	p.Return(p.Borrow(3), p.Borrow(100))
	a, b := p.Borrow(50), p.Borrow(50)
	if len(*a) != 50 || len(*b) != 50 {
		t.Fatalf("%d and %d values, want 50 each", len(*a), len(*b))
	}
	for i := range *a {
		(*a)[i], (*b)[i] = 1, 2
	}
	for i := range *a {
		if (*a)[i] != 1 || (*b)[i] != 2 {
			t.Fatalf("value %d of two slices in use is %d and %d, want 1 and 2", i, (*a)[i], (*b)[i])
		}
	}
}
