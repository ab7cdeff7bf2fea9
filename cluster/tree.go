package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// A Linkage says how far apart two clusters are.
type Linkage int

const (
	// Average is the mean distance of their points (UPGMA, Sokal & Michener 1958).
	Average Linkage = iota
	// Complete is the largest distance of their points.
	Complete
	// Ward is the root of twice the growth of the sum of squares when they are joined (Ward 1963);
	// it supposes Euclidean distances.
	Ward
)

// A Merge joins two clusters at a height. Points are clusters 0 to n-1, the result of merge i is
// cluster n+i; Size is the number of its points.
type Merge struct {
	A, B   int
	Height float64
	Size   int
}

// A Tree is the history of an agglomerative clustering of N points: N-1 merges of rising height.
type Tree struct {
	N      int
	Merges []Merge
}

// Agglomerate joins, over and over, the two clusters that are nearest to each other, starting from the
// points of a distance matrix, n x n. It follows chains of nearest neighbours (Murtagh 1983; Muellner
// 2011) with the update of Lance & Williams (1967): O(n^2) operations and 8 n^2 bytes. Of equal distances
// that to the smaller number wins, so ties, of which another program may make another tree, are the same
// every time. Layers at distance 1 - similarity are such points.
func Agglomerate(ctx context.Context, dist []float64, n int, by Linkage) (*Tree, error) {
	if by < Average || by > Ward {
		return nil, fmt.Errorf("linkage %d, want average, complete or Ward's: %w", by, infer.ErrRange)
	}
	if err := checkCount(n, 1); err != nil {
		return nil, err
	}
	if err := checkDistances(dist, n); err != nil {
		return nil, err
	}
	c := &chain{n: n, by: by, dist: slices.Clone(dist), size: slices.Repeat([]int{1}, n), top: make([]float64, n)}
	if by == Ward { // its update works on squares
		for i, d := range c.dist {
			c.dist[i] = d * d
		}
	}
	for len(c.merges) < n-1 {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		c.join()
	}
	return c.tree()
}

// A chain is a path of clusters, each the nearest of the one before.
type chain struct {
	n      int
	by     Linkage
	dist   []float64
	size   []int     // by the smallest point; 0 once it is part of another cluster
	top    []float64 // height of the last merge, by the smallest point
	path   []int
	merges []Merge // in the order found, clusters named by one of their points
}

// join follows the chain to two clusters that are each other's nearest, and joins them.
func (c *chain) join() {
	if len(c.path) == 0 {
		c.path = append(c.path, slices.IndexFunc(c.size, func(s int) bool { return s > 0 }))
	}
	for {
		tip, next, least := c.path[len(c.path)-1], -1, math.Inf(1)
		if len(c.path) > 1 { // the one before wins ties, or the chain would go round
			next = c.path[len(c.path)-2]
			least = c.dist[tip*c.n+next]
		}
		for j, d := range c.dist[tip*c.n : (tip+1)*c.n] {
			if c.size[j] > 0 && j != tip && (d < least || next < 0) {
				next, least = j, d
			}
		}
		if len(c.path) > 1 && next == c.path[len(c.path)-2] {
			c.path = c.path[:len(c.path)-2]
			c.merge(min(tip, next), max(tip, next), least)
			return
		}
		c.path = append(c.path, next)
	}
}

// merge makes b part of a.
func (c *chain) merge(a, b int, height float64) {
	na, nb := float64(c.size[a]), float64(c.size[b])
	c.top[a] = max(height, c.top[a], c.top[b]) // rounding must not put a merge below those it builds on
	c.merges = append(c.merges, Merge{a, b, c.top[a], c.size[a] + c.size[b]})
	c.size[a], c.size[b] = c.size[a]+c.size[b], 0
	for k, s := range c.size {
		if s == 0 || k == a {
			continue
		}
		da, db := c.dist[a*c.n+k], c.dist[b*c.n+k]
		var d float64
		switch c.by {
		case Average:
			d = (na*da + nb*db) / (na + nb)
		case Complete:
			d = max(da, db)
		case Ward:
			nk := float64(s)
			d = max(0, ((na+nk)*da+(nb+nk)*db-nk*height)/(na+nb+nk))
		}
		c.dist[a*c.n+k], c.dist[k*c.n+a] = d, d
	}
}

// tree puts merges in the order of their heights and gives clusters their numbers.
func (c *chain) tree() (*Tree, error) {
	slices.SortStableFunc(c.merges, func(x, y Merge) int { return cmp.Compare(x.Height, y.Height) })
	number, size := make([]int, c.n), slices.Repeat([]int{1}, c.n)
	for i := range number {
		number[i] = i
	}
	// A cluster is known by its smallest point: merge keeps the smaller of two.
	for i := range c.merges {
		m := &c.merges[i]
		if m.Height-m.Height != 0 {
			return nil, fmt.Errorf("squares of distances add up to %v: %w", m.Height, infer.ErrNotFinite)
		}
		if c.by == Ward {
			m.Height = math.Sqrt(m.Height)
		}
		a, b := m.A, m.B
		m.A, m.B = min(number[a], number[b]), max(number[a], number[b])
		size[a] += size[b]
		m.Size, number[a] = size[a], c.n+i
	}
	return &Tree{c.n, c.merges}, nil
}

// Cut undoes the last k-1 merges: the labels of k clusters.
func (t *Tree) Cut(k int) ([]int, error) {
	if err := checkCount(t.N, k); err != nil {
		return nil, err
	}
	return t.after(t.N - k), nil
}

// CutAt undoes the merges above a height.
func (t *Tree) CutAt(height float64) []int {
	done := 0
	for done < len(t.Merges) && t.Merges[done].Height <= height {
		done++
	}
	return t.after(done)
}

// after gives labels after the first merges.
func (t *Tree) after(done int) []int {
	parent := make([]int, t.N+done)
	for i := range parent {
		parent[i] = i
	}
	for i, m := range t.Merges[:done] {
		parent[m.A], parent[m.B] = t.N+i, t.N+i
	}
	for i := len(parent) - 1; i >= 0; i-- { // a parent has a larger number
		parent[i] = parent[parent[i]]
	}
	labels, _ := inOrder(parent[:t.N])
	return labels
}
