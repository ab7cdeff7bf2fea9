package kernel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"
)

func cpuNow() float64 {
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func TestTune(t *testing.T) {
	if os.Getenv("TUNE") == "" {
		t.Skip()
	}
	r := rand.New(rand.NewPCG(1, 2))
	N := 2048
	x, y, z := random[float32](r, N*N), random[float32](r, N*N), make([]float32, N*N)
	{ // peak kernel
		p := &current.p32
		best := 1e9
		for i := 0; i < 20; i++ {
			t0 := time.Now()
			for j := 0; j < 200; j++ {
				p.tile(256, &x[0], &y[0], &z[0], 16, 1)
			}
			best = min(best, time.Since(t0).Seconds())
		}
		fmt.Println("tile peak", 200*2*256*float64(p.rows*p.cols)/best/1e9)
	}
	for _, kc := range []int{256, 320, 384, 512} {
		for _, mc := range []int{72, 144, 240} {
			for _, nc := range []int{768, 4096} {
				current.p32.depth, current.p32.height, current.p32.width = kc, mc, nc
				fmt.Print(kc, " ", mc, " ", nc, ":")
				for _, n := range []int{256, 512, 1024, 2048} {
					best := 1e9
					for i := 0; i < 3; i++ {
						reps := max(1, int(3e9/(2*float64(n*n*n))))
						t0 := cpuNow()
						for range reps {
							Gemm32(1, false, false, n, n, n, 1, x, n, y, n, 0, z, n)
						}
						best = min(best, (cpuNow()-t0)/float64(reps))
					}
					fmt.Printf(" %.1f", 2*float64(n*n*n)/best/1e9)
				}
				fmt.Println()
			}
		}
	}
}
