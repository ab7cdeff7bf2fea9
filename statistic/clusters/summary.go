package clusters

import (
	"math"
	"slices"
)

// A Summary is what a cosine matrix says of its pairs.
type Summary struct {
	Quantiles []float64 // at 5, 25, 50, 75 and 95 %, to 1e-4
	// Of two samples of one class and of two classes, and of the classes named, upper triangle with diagonal, by
	// rows; nil without labels and clusters. A class of one sample has no pair: 0 stands for it.
	Within, Between *float64
	Classes         []int
	Matrix          []float64
	Clusters        bool // the classes are clusters of k-means, without labels
}

// ofClusters takes all pairs of a cosine matrix of points in the clusters given.
func ofClusters(c []float64, labels []int) *Summary {
	out := summary(c, labels)
	out.Clusters = true
	return out
}

// summary takes all pairs of a cosine matrix of points with the classes given, nil without.
func summary(c []float64, classes []int) *Summary {
	n := int(math.Sqrt(float64(len(c))))
	out := &Summary{Quantiles: quantiles(c, n, func(v float64) float64 { return v })}
	if classes == nil {
		return out
	}
	out.Classes = slices.Compact(slices.Sorted(slices.Values(classes)))
	place := map[int]int{}
	for k, class := range out.Classes {
		place[class] = k
	}
	k := len(out.Classes)
	own := make([]int, n)
	for i, class := range classes {
		own[i] = place[class]
	}
	sums, counts := make([]float64, k*k), make([]float64, k*k)
	for i := range n {
		for j, v := range c[i*n : i*n+i] {
			at := min(own[i], own[j])*k + max(own[i], own[j])
			sums[at] += v
			counts[at]++
		}
	}
	var total, pairs [2]float64 // of two classes, of one
	for a := range k {
		for b := a; b < k; b++ {
			at, same := a*k+b, 0
			if a == b {
				same = 1
			}
			total[same] += sums[at]
			pairs[same] += counts[at]
			out.Matrix = append(out.Matrix, sums[at]/max(1, counts[at]))
		}
	}
	if pairs[0] > 0 && pairs[1] > 0 {
		between, within := total[0]/pairs[0], total[1]/pairs[1]
		out.Between, out.Within = &between, &within
	}
	return out
}

// quantiles counts the pairs of a symmetric matrix of numbers from -1 to 1 in bins of 1e-4.
func quantiles(c []float64, n int, of func(float64) float64) []float64 {
	const bins = 10000 // for each unit of length
	var counts [2*bins + 1]int
	for i := range n {
		for _, v := range c[i*n : i*n+i] {
			counts[int(math.Round((of(v)+1)*bins))]++
		}
	}
	out, seen, bin := []float64{}, 0, -1
	for _, p := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		for float64(seen) < p*float64(n*(n-1)/2) {
			bin++
			seen += counts[bin]
		}
		out = append(out, float64(bin)/bins-1)
	}
	return out
}

// distances are those of points on the unit sphere with the cosines given.
func distances(c []float64) []float64 {
	out := make([]float64, len(c))
	for i, v := range c {
		out[i] = math.Sqrt(max(0, 2-2*v))
	}
	return out
}
