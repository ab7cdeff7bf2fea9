package main

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/similarity"
)

// accuracy compares CKA with a float64 reference, on features as residual streams have them.
func accuracy(b *bench) ([]table, error) {
	const layers, n, d = 10, 1024, 256
	t := table{title: "Largest error of debiased CKA against float64 Gram matrices", head: []string{"features", "ours", "ours, bfloat16", "as it states", "pytorch-cka", "aim", "aim of bfloat16"},
		note: fmt.Sprintf("%d layers of %d units, %d samples, all pairs. The reference is NumPy's, from the same float32 values. Where rounding to bfloat16 changes a block's similarities by more than %v, ours goes back to float32 by itself.", layers, d, n, similarity.FastError)}
	ref, peer := b.peers.get("numpy", b.most()), b.peers.get("cka", b.most())
	widths := same(layers, d)
	if ref == nil {
		return b.without(t, fmt.Errorf("the reference needs NumPy"))
	}
	for _, c := range distortions {
		x := features(n, widths)
		for i := range n * layers {
			c.change(x[i*d : (i+1)*d])
		}
		file, err := b.write("accuracy.f32", x)
		if err != nil {
			return nil, err
		}
		q := func(what string) request {
			return request{"what": what, "n": n, "widths": widths, "x": file}
		}
		want, err := ref.prepare(q("reference"))
		if err != nil {
			return nil, err
		}
		var e [2]float64
		stated := "float32 is used"
		for i, o := range []similarity.Options{{}, {Fast: true}} {
			p, err := similarity.AllPairs(b.ctx, b.most(), matrices(x, n, widths), nil, o)
			if err != nil {
				return nil, err
			}
			e[i] = largest(p.Value, want)
			if p.Reduced != "" {
				stated = fmt.Sprintf("%.1e", p.Error)
			}
		}
		theirs := absent
		if peer != nil {
			theirs = "failed"
			if got, err := peer.prepare(q("exact")); err == nil {
				theirs = fmt.Sprintf("%.1e", largest(got, want))
			}
		}
		t.add(c.name, fmt.Sprintf("%.1e", e[0]), fmt.Sprintf("%.1e", e[1]), stated, theirs, verdict("≤ 1e-6", e[0] <= 1e-6), verdict("≤ 1e-4", e[1] <= 1e-4))
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
