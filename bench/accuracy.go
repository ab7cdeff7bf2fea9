package main

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/similarity"
)

// accuracy compares CKA with a float64 reference, on features as residual streams have them.
func accuracy(b *bench) ([]table, error) {
	const layers, n, d = 10, 1024, 256
	t := table{title: "Largest error of debiased CKA against float64 Gram matrices", head: []string{"features", "ours", "pytorch-cka", "aim"},
		note: fmt.Sprintf("%d layers of %d units, %d samples, all pairs. The reference is NumPy's, from the same float32 values.", layers, d, n)}
	ref, peer := b.peers.get("numpy", b.most()), b.peers.get("torch", b.most())
	if ref == nil {
		return b.without(t, fmt.Errorf("the reference needs NumPy"))
	}
	for _, c := range distortions {
		x := features(layers, n, d)
		for i := range n * layers {
			c.change(x[i*d : (i+1)*d])
		}
		file, err := b.write("accuracy.f32", x)
		if err != nil {
			return nil, err
		}
		q := func(what string) request {
			return request{"what": what, "layers": layers, "n": n, "d": d, "x": file}
		}
		want, err := ref.prepare(q("reference"))
		if err != nil {
			return nil, err
		}
		p, err := similarity.AllPairs(b.ctx, b.most(), matrices(x, layers, n, d), nil, similarity.Options{})
		if err != nil {
			return nil, err
		}
		e := largest(p.Value, want)
		theirs := absent
		if peer != nil {
			theirs = "failed"
			if got, err := peer.prepare(q("exact")); err == nil {
				theirs = fmt.Sprintf("%.1e", largest(got, want))
			}
		}
		t.add(c.name, fmt.Sprintf("%.1e", e), theirs, verdict("≤ 1e-6", e <= 1e-6))
	}
	return []table{t}, nil
}

// distortions are what makes float32 sums lose their digits.
var distortions = []struct {
	name   string
	change func(row []float32)
}{
	{"as they are", func([]float32) {}},
	{"+ 10 on every value", func(r []float32) { shift(r, 10) }},
	{"+ 1e4 on every value", func(r []float32) { shift(r, 1e4) }},
	{"two units of 1000 ± 30", func(r []float32) { r[1], r[3] = 1000+30*r[1], 1000+30*r[3] }},
	{"two units of 3000 ± 1", func(r []float32) { r[1], r[3] = 3000+r[1], 3000+r[3] }},
	{"+ 1e4 and two units of 1e5 ± 300", func(r []float32) {
		shift(r, 1e4)
		r[1], r[3] = 1e5+300*(r[1]-1e4), 1e5+300*(r[3]-1e4)
	}},
}

func shift(r []float32, by float32) {
	for i := range r {
		r[i] += by
	}
}

// largest is the largest absolute difference, NaN if one is.
func largest(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	var d float64
	for i := range got {
		e := math.Abs(got[i] - want[i])
		if math.IsNaN(e) {
			return e
		}
		d = max(d, e)
	}
	return d
}
