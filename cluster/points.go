package cluster

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// Points are N rows of D values, row after row in X.
type Points struct {
	X    []float32
	N, D int
}

func (p Points) row(i int) []float32 { return p.X[i*p.D : (i+1)*p.D] }

// Rows are the points named, copied.
func (p Points) Rows(rows []int) Points {
	out := Points{X: make([]float32, len(rows)*p.D), N: len(rows), D: p.D}
	for k, i := range rows {
		copy(out.row(k), p.row(i))
	}
	return out
}

// check gives the largest size of a value, or the reason why there is nothing to cluster.
func (p Points) check() (largest float64, err error) {
	if p.N < 0 || p.D < 1 || len(p.X) != p.N*p.D {
		return 0, fmt.Errorf("%d points of %d values are %d values: %w", p.N, p.D, len(p.X), infer.ErrRange)
	}
	var most uint32 // bits without the sign rise with the size, and those that are not finite are above all others
	for i, v := range p.X {
		bits := math.Float32bits(v) &^ (1 << 31)
		if bits >= 0x7f800000 {
			return 0, fmt.Errorf("point %d value %d is %v: %w", i/p.D, i%p.D, v, infer.ErrNotFinite)
		}
		most = max(most, bits)
	}
	return float64(math.Float32frombits(most)), nil
}

// shortest is the length below which a row has no direction (METHODS 5.1).
const shortest = 1e-12

// Directions are the rows of p, less the column means if centred, each divided by its length. Rows
// shorter than 1e-12 have no direction and are left out: kept holds the places of the others.
func (p Points) Directions(centred bool) (z Points, kept []int, err error) {
	if _, err := p.check(); err != nil {
		return z, nil, err
	}
	mean := make([]float64, p.D)
	if centred && p.N > 0 {
		mean = linalg.ColumnMeans(1, p.X, p.N, p.D)
	}
	z = Points{X: make([]float32, 0, len(p.X)), D: p.D}
	for i := range p.N {
		var s float64
		row := p.row(i)
		for j, m := range mean {
			v := float64(row[j]) - m
			s += v * v
		}
		length := math.Sqrt(s)
		if length < shortest {
			continue
		}
		for j, m := range mean {
			z.X = append(z.X, float32((float64(row[j])-m)/length))
		}
		kept = append(kept, i)
	}
	z.N = len(kept)
	return z, kept, nil
}

// inOrder renumbers clusters from 0 in the order of their first points; negative labels stay. from
// holds the old numbers.
func inOrder(labels []int) (renumbered, from []int) {
	number := map[int]int{}
	renumbered = make([]int, len(labels))
	for i, l := range labels {
		if l < 0 {
			renumbered[i] = l
			continue
		}
		if _, seen := number[l]; !seen {
			number[l] = len(from)
			from = append(from, l)
		}
		renumbered[i] = number[l]
	}
	return renumbered, from
}

// checkCount says why n points cannot make k clusters.
func checkCount(n, k int) error {
	if k < 1 {
		return fmt.Errorf("%d clusters, want at least 1: %w", k, infer.ErrRange)
	}
	if n < k {
		return fmt.Errorf("%d points, want at least one for each of %d clusters: %w", n, k, infer.ErrTooFew)
	}
	return nil
}
