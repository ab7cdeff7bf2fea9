package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/stratascope/stratascope/internal/kernel"
)

// products times float32 products of square matrices.
func products(b *bench) ([]table, error) {
	sizes := []int{512, 1024, 2048}
	if b.short {
		sizes = sizes[:2]
	}
	most := sizes[len(sizes)-1]
	var files [2]string
	var data [2][]float32
	for i := range data {
		data[i] = normal(uint64(i+1), most*most)
		var err error
		if files[i], err = b.write(fmt.Sprintf("product-%d.f32", i), data[i]); err != nil {
			return nil, err
		}
	}
	t := table{title: "Matrix product, float32", head: []string{"n", "threads", "ours", "NumPy", "PyTorch", "our speed / NumPy's", "our speed / PyTorch's", "ours", "difference", "aim"}}
	for _, threads := range b.threads {
		for _, n := range sizes {
			if err := b.product(&t, threads, n, data, files); err != nil {
				return nil, err
			}
		}
	}
	return []table{t}, nil
}

func (b *bench) product(t *table, threads, n int, data [2][]float32, files [2]string) error {
	c := make([]float32, n*n)
	work := func() error {
		kernel.Gemm32(threads, false, false, n, n, n, 1, data[0], n, data[1], n, 0, c, n)
		return nil
	}
	if err := work(); err != nil {
		return err
	}
	r, err := b.compare(work, widen(c[:n]), threads, []string{"numpy", "torch"}, request{"what": "product", "n": n, "a": files[0], "b": files[1]})
	if err != nil {
		return err
	}
	flops := 2 * float64(n) * float64(n) * float64(n)
	aim := absent
	if r.has("numpy") {
		wall, _ := r.ratio("numpy")
		aim = verdict("≥ 0.95", 1/wall >= 0.95)
	}
	t.add(fmt.Sprint(n), fmt.Sprint(threads), r.ours.spread(), r.spread("numpy"), r.spread("torch"), r.speed("numpy"), r.speed("torch"),
		fmt.Sprintf("%.0f GF/s", flops/median(r.ours.wall)/1e9), fmt.Sprintf("%.0e", r.difference), aim)
	return nil
}

// normal returns n values of mean 0 and variance 1.
func normal(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
