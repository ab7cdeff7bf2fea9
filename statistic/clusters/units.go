package clusters

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/spectrum"
	"github.com/stratascope/stratascope/statistic/twins"
)

// Units says how the units of a layer point, each less its mean: their cosines are their correlations.
type Units struct {
	Numbers          []int     // of the units compared, those that vary
	Quantiles        []float64 // of the sizes of the cosines
	Parallel         int       // units that agree with another by more than twins.Correlation, whatever the sign
	Largest          int       // the most that such pairs join; 1 for none
	KMeans, Spectral *Parts    // into as many parts as the graph's eigenvalues say
	Both             *float64
}

// mostUnits is how many units are compared; of wider layers a hashed choice is.
const mostUnits = 512

// units compares the columns of x; nil if fewer than two vary.
func units(ctx context.Context, w task, x capture.Matrix, layer string) (*Units, error) {
	used := chosen(infer.Seed(w.seed, layer), x.D)
	p := cluster.Points{X: make([]float32, 0, x.N*len(used)), N: x.N, D: len(used)}
	for i := range x.N {
		for _, u := range used {
			p.X = append(p.X, x.Row(i)[u])
		}
	}
	c, err := cluster.UnitCosine(w.workers, p, true)
	if absent(err) || err == nil && len(c.Kept) < 2 {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	n := len(c.Kept)
	out := &Units{Numbers: pick(used, c.Kept), Quantiles: quantiles(c.C, n, math.Abs)}
	out.Parallel, out.Largest = joined(c.C, n)
	w.z, w.classes, w.groups = columns(p, c.Kept), nil, nil
	if out.Spectral, err = had(w.spectral(ctx, 0)); err != nil {
		return nil, fmt.Errorf("spectral clustering of units: %w", err)
	}
	if out.Spectral == nil {
		return out, nil
	}
	part, err := cluster.KMeans(ctx, w.workers, w.z, out.Spectral.K, cluster.KMeansOptions{Seed: w.seed, Spherical: true})
	if err != nil && !absent(err) {
		return nil, fmt.Errorf("k-means of units: %w", err)
	}
	if err == nil {
		out.KMeans = &Parts{K: out.Spectral.K, Labels: part.Labels}
		both, err := cluster.AdjustedRand(part.Labels, out.Spectral.Labels)
		if err != nil {
			return nil, err
		}
		out.Both = &both
	}
	return out, silhouettes(ctx, w.workers, distances(c.C), n, out.KMeans, out.Spectral)
}

// chosen are the units compared, in their order.
func chosen(seed uint64, units int) []int {
	at, hashes := make([]int, units), make([]uint64, units)
	for u := range at {
		at[u], hashes[u] = u, infer.SampleHash(seed, uint64(u))
	}
	if units > mostUnits {
		at = spectrum.Fewest(at, hashes, mostUnits)
	}
	return at
}

// joined counts the units that are parallel to another, and those in the largest group they make.
func joined(c []float64, n int) (parallel, largest int) {
	group := make([]int, n) // of each unit, named by one of its members
	for i := range group {
		group[i] = i
	}
	alone := make([]bool, n)
	for i := range n {
		alone[i] = true
	}
	for i := range n {
		for j := range i {
			if math.Abs(c[i*n+j]) <= twins.Correlation {
				continue
			}
			alone[i], alone[j] = false, false
			if from, to := group[i], group[j]; from != to {
				for k, g := range group {
					if g == from {
						group[k] = to
					}
				}
			}
		}
	}
	sizes := make([]int, n)
	for i, g := range group {
		sizes[g]++
		largest = max(largest, sizes[g])
		if !alone[i] {
			parallel++
		}
	}
	return parallel, largest
}

// columns are the units kept as points, each less its mean and of length 1.
func columns(p cluster.Points, kept []int) cluster.Points {
	z := cluster.Points{X: make([]float32, 0, p.N*len(kept)), N: len(kept), D: p.N}
	for _, u := range kept {
		var mean, square float64
		for i := range p.N {
			mean += float64(p.X[i*p.D+u]) / float64(p.N)
		}
		for i := range p.N {
			d := float64(p.X[i*p.D+u]) - mean
			square += d * d
		}
		for i := range p.N {
			z.X = append(z.X, float32((float64(p.X[i*p.D+u])-mean)/math.Sqrt(square)))
		}
	}
	return z
}
