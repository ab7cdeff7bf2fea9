package allocated

import "testing"

var kept []byte

// failures counts what a test would have been failed with.
type failures struct {
	testing.TB
	n int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.n++ }

func TestWithin(t *testing.T) {
	for _, c := range []struct{ size, bytes, want int }{{0, 1 << 20, 0}, {0, slack + 1<<20, 1}, {2 << 20, slack + 1<<20, 0}} {
		var f failures
		Within(&f, c.size, func() { kept = make([]byte, c.bytes) })
		if f.n != c.want {
			t.Errorf("%d bytes for %d: %d failures, want %d", c.bytes, c.size, f.n, c.want)
		}
	}
	kept = nil
}
