package main

import (
	"fmt"

	"github.com/stratascope/stratascope/cluster"
)

// grouped are n points of d values around k places that overlap a little.
func grouped(n, d, k int) (p cluster.Points, truth []int) {
	places := normal(300, k*d)
	p = cluster.Points{X: normal(301, n*d), N: n, D: d}
	truth = make([]int, n)
	for i := range truth {
		truth[i] = i * i % 97 % k
		for j := range d {
			p.X[i*d+j] += places[truth[i]*d+j] / 5
		}
	}
	return p, truth
}

// clusters times k-means and spectral clustering.
func clusters(b *bench) ([]table, error) {
	n, d := 5000, 512
	if b.short {
		n, d = 1000, 64
	}
	const k, starts, neighbours = 10, 10, 10
	less := n * 2 / 5 // scikit-learn's spectral clustering takes half a minute for all
	t := table{title: "Clustering", head: []string{"method", "threads", "ours", "scikit-learn", "our time / scikit-learn's", "quality, ours", "scikit-learn's", "aim"},
		note: fmt.Sprintf("%d clusters of %d points of %d values, of which spectral clustering gets %d, float32. k-means from %d starts; ours runs until no point moves, scikit-learn's until centres move by less than its tolerance; quality is the inertia, less being better. "+
			"Spectral clustering of the graph of %d neighbours; scikit-learn takes eigenvectors of the random walk, ours are of the symmetric Laplacian with rows of length 1; quality is the adjusted Rand index with the planted clusters.", k, n, d, less, starts, neighbours)}
	p, truth := grouped(n, d, k)
	file, err := b.write("clusters.f32", p.X)
	if err != nil {
		return nil, err
	}
	first := cluster.Points{X: p.X[:less*d], N: less, D: d}
	for _, threads := range b.threads {
		for _, c := range []struct {
			method string
			n      int
			run    func() (float64, error)
		}{
			{"k-means", n, func() (float64, error) {
				part, err := cluster.KMeans(b.ctx, threads, p, k, cluster.KMeansOptions{Starts: starts})
				return part.Inertia, err
			}},
			{"spectral", less, func() (float64, error) {
				near, err := cluster.Nearest(b.ctx, threads, first, neighbours)
				if err != nil {
					return 0, err
				}
				s, err := cluster.Spectral(b.ctx, threads, near.Graph(false), k, cluster.SpectralOptions{Starts: starts})
				if err != nil {
					return 0, err
				}
				return cluster.AdjustedRand(s.Labels, truth[:less])
			}},
		} {
			value, err := c.run()
			if err != nil {
				return nil, err
			}
			q := request{"what": c.method, "n": c.n, "d": d, "x": file, "k": k, "starts": starts, "neighbours": neighbours, "truth": truth[:c.n]}
			r, err := b.compare(func() error { _, err := c.run(); return err }, []float64{value}, threads, []string{"sklearn"}, q)
			if err != nil {
				return nil, err
			}
			aim, theirs := absent, absent
			if r.has("sklearn") {
				wall, _ := r.ratio("sklearn")
				aim, theirs = verdict("≤ 0.5", wall <= 0.5), fmt.Sprintf("%.6g", r.theirs[0])
			}
			t.add(c.method, fmt.Sprint(threads), r.ours.spread(), r.spread("sklearn"), r.time("sklearn"), fmt.Sprintf("%.6g", value), theirs, aim)
		}
	}
	return []table{t}, nil
}
