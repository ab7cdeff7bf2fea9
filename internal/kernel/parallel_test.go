package kernel

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// TestPanicsReachTheCaller: a panic in any goroutine must not end the program, all other chunks are done,
// and the value is the one that was thrown, since callers look at it.
func TestPanicsReachTheCaller(t *testing.T) {
	type fault struct{ at int }
	for _, workers := range []int{1, 2, 5} {
		var done atomic.Int64
		got := func() (r any) {
			defer func() { r = recover() }()
			Parallel(workers, 10, func(lo, hi int) {
				done.Add(int64(hi - lo))
				if hi == 10 || lo >= 4 {
					panic(fault{lo})
				}
			})
			return nil
		}()
		want := map[int]fault{1: {0}, 2: {5}, 5: {4}}[workers]
		if got != want || done.Load() != 10 {
			t.Errorf("%d workers: the caller sees %v after %d of 10, want %v", workers, got, done.Load(), want)
		}
	}
}

// TestStop: products ask often enough that none runs on for long, stop soon after the answer, and give the
// same bits when the answer is always no.
func TestStop(t *testing.T) {
	const m, n, k = 512, 512, 512
	r := rand.New(rand.NewPCG(8, 9))
	a, b := random[float32](r, m*k), random[float32](r, k*n)
	shape := ConvShape{N: 4, C: 32, H: 32, W: 32, M: 32, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 1, OutH: 32, OutW: 32}
	single := shape
	single.Groups = 32
	x, w := random[float32](r, 4*32*32*32), random[float32](r, 32*32*9)
	wide := func(v []float32) []float64 {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = float64(v[i])
		}
		return out
	}
	a64, b64, x64, w64 := wide(a), wide(b), wide(x), wide(w)
	packed := PackB32(false, k, n, b, n)
	for name, run := range map[string]func(stop func() bool) any{
		"Gemm32": func(stop func() bool) any {
			c := make([]float32, m*n)
			GemmUntil32(stop, 2, false, false, m, n, k, 1, a, k, b, n, 0, c, n)
			return c
		},
		"Gemm64": func(stop func() bool) any {
			c := make([]float64, m*n)
			GemmUntil64(stop, 2, false, false, m, n, k, 1, a64, k, b64, n, 0, c, n)
			return c
		},
		"GemmPacked32": func(stop func() bool) any {
			c := make([]float32, m*n)
			GemmPacked32(2, false, m, a, k, packed, c, n, Epilogue{Stop: stop})
			return c
		},
		"Conv32": func(stop func() bool) any {
			y := make([]float32, len(x))
			Conv32(2, shape, x, w, nil, y, Epilogue{Stop: stop})
			return y
		},
		"depthwise": func(stop func() bool) any {
			y := make([]float32, len(x))
			Conv32(2, single, x, w, nil, y, Epilogue{Stop: stop})
			return y
		},
		"Conv64": func(stop func() bool) any {
			y := make([]float64, len(x))
			Conv64(stop, 2, shape, x64, w64, nil, y)
			return y
		},
	} {
		var asked atomic.Int64
		whole := run(nil)
		again := run(func() bool { asked.Add(1); return false })
		if !same(whole, again) {
			t.Errorf("%s: asking changes the result", name)
		}
		if asked.Load() < 6 {
			t.Errorf("%s asks %d times for 50 to 130 million products, want 6 at least", name, asked.Load())
		}
		asked.Store(0)
		part := run(func() bool { return asked.Add(1) > 2 })
		if same(whole, part) || asked.Load() > 6 {
			t.Errorf("%s asks %d times when told to stop at the third, and finishes: %v", name, asked.Load(), same(whole, part))
		}
	}
}

func same(a, b any) bool {
	switch a := a.(type) {
	case []float32:
		return slices.Equal(a, b.([]float32))
	case []float64:
		return slices.Equal(a, b.([]float64))
	}
	return false
}
