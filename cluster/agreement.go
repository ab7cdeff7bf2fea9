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
	t := &table{n: len(a), rows: sizesA, cols: sizesB}
	wide := len(sizesB)
	at := make([]int, len(a)) // of each point's cell
	for i := range rows {
		at[i] = rows[i]*wide + cols[i]
	}
	slices.Sort(at)
	for i, c := range at {
		if i == 0 || c != at[i-1] {
			t.cells = append(t.cells, cell{row: c / wide, col: c % wide})
		}
		t.cells[len(t.cells)-1].n++
	}
	return t, nil
}

// numbered gives clusters, whatever their labels, numbers from 0, and their sizes.
func numbered(labels []int) (numbers, sizes []int) {
	numbers = make([]int, len(labels))
	if len(labels) > 0 {
		if low, high := slices.Min(labels), slices.Max(labels); high-low >= 0 && high-low < 4*len(labels) { // as most are
			number := make([]int, high-low+1)
			for i, l := range labels {
				if number[l-low] == 0 {
					sizes = append(sizes, 0)
					number[l-low] = len(sizes)
				}
				numbers[i] = number[l-low] - 1
				sizes[numbers[i]]++
			}
			return numbers, sizes
		}
	}
	number := map[int]int{}
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
	factorial, logs := make([]float64, t.n+1), make([]float64, t.n+1) // both logarithms
	for i := 2; i <= t.n; i++ {
		factorial[i], _ = math.Lgamma(float64(i + 1))
		logs[i] = math.Log(float64(i))
	}
	var sum float64
	for _, a := range sizeCounts(t.rows) {
		for _, b := range sizeCounts(t.cols) {
			fixed := factorial[a.size] + factorial[b.size] + factorial[t.n-a.size] + factorial[t.n-b.size] - factorial[t.n]
			var pair float64
			for k := max(1, a.size+b.size-t.n); k <= min(a.size, b.size); k++ {
				p := math.Exp(fixed - factorial[k] - factorial[a.size-k] - factorial[b.size-k] - factorial[t.n-a.size-b.size+k])
				pair += p * float64(k) / float64(t.n) * (logs[t.n] + logs[k] - logs[a.size] - logs[b.size])
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
