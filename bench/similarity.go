package main

import (
	"fmt"

	"github.com/stratascope/stratascope/similarity"
)

// features are layers of n samples of d units that share some of their variation, in one slice.
func features(layers, n, d int) []float32 {
	const shared = 16
	z := normal(100, n*shared)
	x := make([]float32, layers*n*d)
	for l := range layers {
		w, noise := normal(uint64(200+l), shared*d), normal(uint64(1000+l), n*d)
		for i := range n {
			row := x[(l*n+i)*d : (l*n+i+1)*d]
			for k, v := range z[i*shared : (i+1)*shared] {
				for j := range row {
					row[j] += v * w[k*d+j]
				}
			}
			for j := range row {
				row[j] = row[j]/4 + noise[i*d+j]*float32(l+1)/float32(layers)
			}
		}
	}
	return x
}

func matrices(x []float32, layers, n, d int) []similarity.Matrix {
	out := make([]similarity.Matrix, layers)
	for l := range out {
		out[l] = similarity.Matrix{X: x[l*n*d : (l+1)*n*d], N: n, D: d}
	}
	return out
}

// similarities times CKA of all pairs of layers, with the jackknife intervals that the peers do not give.
func similarities(b *bench) ([]table, error) {
	layers, n, d, whole := 50, 5000, 512, 2048
	if b.short {
		layers, n, d, whole = 10, 1500, 256, 512
	}
	t := table{title: "CKA of all pairs of layers, debiased", head: []string{"form", "threads", "ours", "pytorch-cka", "NumPy", "our time / pytorch-cka's", "our time / NumPy's", "difference"},
		note: fmt.Sprintf("%d layers of %d units. In blocks of 256 of %d samples (ours deals samples at random, so values differ by chance), and exact over %d samples. Ours includes the jackknife interval of every pair; NumPy is the fastest form we could write in it. The difference is from pytorch-cka.", layers, d, n, whole)}
	for _, c := range []struct {
		form  string
		n     int
		batch int
	}{{"blocks", n, 256}, {"exact", whole, whole}} {
		x := features(layers, c.n, d)
		file, err := b.write("features.f32", x)
		if err != nil {
			return nil, err
		}
		for _, threads := range b.threads {
			if err := b.similarity(&t, threads, c.form, c.batch, file, matrices(x, layers, c.n, d)); err != nil {
				return nil, err
			}
		}
	}
	return []table{t}, nil
}

func (b *bench) similarity(t *table, threads int, form string, batch int, file string, xs []similarity.Matrix) error {
	var p *similarity.Pairs
	work := func() (err error) {
		p, err = similarity.AllPairs(b.ctx, threads, xs, nil, similarity.Options{Exact: batch})
		return err
	}
	if err := work(); err != nil {
		return err
	}
	q := request{"what": "similarity", "layers": len(xs), "n": xs[0].N, "d": xs[0].D, "x": file, "batch": batch}
	r, err := b.compare(work, p.Value, threads, []string{"torch", "numpy"}, q)
	if err != nil {
		return err
	}
	t.add(form, fmt.Sprint(threads), r.ours.spread(), r.spread("torch"), r.spread("numpy"), r.time("torch"), r.time("numpy"), fmt.Sprintf("%.0e", r.difference))
	return nil
}
