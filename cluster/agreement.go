package cluster

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// A table counts how many points two partitions put where.
type table struct {
	n          int
	cells      []cell // those with points, in order
	rows, cols []int  // points by cluster
}

type cell struct{ row, col, n int }

func newTable(a, b []int) (*table, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("partitions of %d and %d points: %w", len(a), len(b), infer.ErrRange)
	}
	if len(a) < 2 {
		return nil, fmt.Errorf("%d points, want at least 2: %w", len(a), infer.ErrTooFew)
	}
	rows, sizesA := numbered(a)
	cols, sizesB := numbered(b)
	counts := map[[2]int]int{}
	for i := range rows {
		counts[[2]int{rows[i], cols[i]}]++
	}
	t := &table{n: len(a), rows: sizesA, cols: sizesB}
	for at, n := range counts {
		t.cells = append(t.cells, cell{at[0], at[1], n})
	}
	slices.SortFunc(t.cells, func(x, y cell) int { return (x.row-y.row)*len(sizesB) + x.col - y.col })
	return t, nil
}

// numbered gives clusters, whatever their labels, numbers from 0, and their sizes.
func numbered(labels []int) (numbers, sizes []int) {
	number := map[int]int{}
	numbers = make([]int, len(labels))
	for i, l := range labels {
		k, seen := number[l]
		if !seen {
			k = len(sizes)
			number[l] = k
			sizes = append(sizes, 0)
		}
		numbers[i] = k
		sizes[k]++
	}
	return numbers, sizes
}

// same reports whether both partitions are one.
func (t *table) same() bool { return len(t.cells) == len(t.rows) && len(t.cells) == len(t.cols) }

// AdjustedRand is the share of pairs of points on which two partitions agree, less what chance gives
// and scaled: 1 for equal partitions, about 0 for independent ones, at least -0.5 (Hubert & Arabie 1985,
// eq. 5). Labels may be any numbers. It costs O(n).
func AdjustedRand(a, b []int) (float64, error) {
	t, err := newTable(a, b)
	if err != nil {
		return 0, err
	}
	if t.same() {
		return 1, nil
	}
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	var both, first, other float64
	for _, c := range t.cells {
		both += pairs(c.n)
	}
	for _, n := range t.rows {
		first += pairs(n)
	}
	for _, n := range t.cols {
		other += pairs(n)
	}
	chance := first * other / pairs(t.n)
	return (both - chance) / ((first+other)/2 - chance), nil
}

// MutualInformation is the information two partitions share over the mean of their entropies: 0..1,
// 1 for equal ones. It grows with the number of clusters by chance alone: prefer AdjustedMutualInformation.
func MutualInformation(a, b []int) (float64, error) {
	t, err := newTable(a, b)
	if err != nil {
		return 0, err
	}
	if t.same() {
		return 1, nil
	}
	return max(0, min(t.information()/t.meanEntropy(), 1)), nil
}

// AdjustedMutualInformation is the information two partitions share, less what random partitions with
// clusters of the same sizes share, over the mean of their entropies less the same: 1 for equal
// partitions, about 0 for independent ones, and it may be below (Vinh, Epps & Bailey 2010, eq. 24a and
// AMI_sum). It costs O(n) for every distinct pair of sizes.
func AdjustedMutualInformation(a, b []int) (float64, error) {
	t, err := newTable(a, b)
	if err != nil {
		return 0, err
	}
	if t.same() {
		return 1, nil
	}
	chance := t.chance()
	return (t.information() - chance) / (t.meanEntropy() - chance), nil
}

func (t *table) information() float64 {
	n, terms := float64(t.n), make([]float64, len(t.cells))
	for i, c := range t.cells {
		p := float64(c.n) / n
		terms[i] = p * math.Log(float64(c.n)*n/float64(t.rows[c.row])/float64(t.cols[c.col]))
	}
	return infer.Total(terms)
}

func (t *table) meanEntropy() float64 {
	var h float64
	for _, sizes := range [][]int{t.rows, t.cols} {
		for _, s := range sizes {
			p := float64(s) / float64(t.n)
			h -= p * math.Log(p)
		}
	}
	return h / 2
}

// chance is the expected information, cells being hypergeometric.
func (t *table) chance() float64 {
	factorial := make([]float64, t.n+1) // logarithms
	for i := 2; i <= t.n; i++ {
		factorial[i], _ = math.Lgamma(float64(i + 1))
	}
	var sum float64
	for _, a := range sizeCounts(t.rows) {
		for _, b := range sizeCounts(t.cols) {
			fixed := factorial[a.size] + factorial[b.size] + factorial[t.n-a.size] + factorial[t.n-b.size] - factorial[t.n]
			var pair float64
			for k := max(1, a.size+b.size-t.n); k <= min(a.size, b.size); k++ {
				p := math.Exp(fixed - factorial[k] - factorial[a.size-k] - factorial[b.size-k] - factorial[t.n-a.size-b.size+k])
				pair += p * float64(k) / float64(t.n) * math.Log(float64(t.n)*float64(k)/float64(a.size)/float64(b.size))
			}
			sum += pair * float64(a.count) * float64(b.count)
		}
	}
	return sum
}

type sizeCount struct{ size, count int }

// sizeCounts tells how many clusters have each size.
func sizeCounts(sizes []int) []sizeCount {
	sorted := slices.Sorted(slices.Values(sizes))
	var out []sizeCount
	for _, s := range sorted {
		if k := len(out); k > 0 && out[k-1].size == s {
			out[k-1].count++
		} else {
			out = append(out, sizeCount{s, 1})
		}
	}
	return out
}
