// Package allocated holds readers, in their tests, to the memory that a file may make them ask for.
package allocated

import (
	"runtime"
	"testing"
)

// slack is what a reader may allocate beyond the size of its file, in bytes.
const slack = 64 << 20

// Within fails t if f allocates more than 64 MiB beyond size, the bytes of what it reads. What is freed
// again counts, too.
func Within(t testing.TB, size int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > slack+uint64(size) {
		t.Errorf("%d bytes made the reader allocate %d", size, n)
	}
}
