package kernel

import "testing"

// tileOf is a micro-kernel of any shape in Go, loop by loop.
func tileOf[T float](rows, cols int) func(k int, a, b, c *T, ldc int, add uint64) {
	return func(k int, a, b, c *T, ldc int, add uint64) {
		as, bs, cs := sliceOf(a, rows*k), sliceOf(b, cols*k), sliceOf(c, (rows-1)*ldc+cols)
		for i := range rows {
			for j := range cols {
				var s T
				for p := range k {
					s += as[p*rows+i] * bs[p*cols+j]
				}
				if add != 0 {
					s += cs[i*ldc+j]
				}
				cs[i*ldc+j] = s
			}
		}
	}
}

// The packing and the blocks of the AVX-512 set run on any processor with AVX2; only its
// micro-kernels need AVX-512 (gen/emulate.py runs those in an emulator).
func TestGeometryAVX512(t *testing.T) {
	if available()[0] == portable {
		t.Skip("packing needs AVX2")
	}
	was := current
	defer func() { current = was }()
	s := *avx512
	s.p32.tile, s.p64.tile = tileOf[float32](14, 32), tileOf[float64](14, 16)
	s.p32.mixed = func(k int, a, b *float32, c *float64, ldc int) {
		var tile [14 * 32]float32
		s.p32.tile(k, a, b, &tile[0], 32, 0)
		cs := sliceOf(c, 13*ldc+32)
		for i, v := range tile {
			cs[i/32*ldc+i%32] += float64(v)
		}
	}
	current = &s
	t.Run("Gemm32", func(t *testing.T) { testProduct(t, 6e-8, Gemm32) })
	t.Run("Gemm64", func(t *testing.T) { testProduct(t, 1.2e-16, Gemm64) })
	t.Run("Conv32", testConv32)
	t.Run("AddProducts64", testAddProducts64)
}

// The names of the sets order them, and asking for one gives it where it is to be had.
func TestChoose(t *testing.T) {
	for _, s := range available() {
		if got := choose(s.name); got != s {
			t.Errorf("asked for %s, got %s", s.name, got.name)
		}
	}
	if got := choose("none"); got != available()[0] {
		t.Errorf("asked for a set that does not exist, got %s, want the best", got.name)
	}
}
