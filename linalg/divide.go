package linalg

import (
	"cmp"
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
)

// leaf is how many rows of a tridiagonal matrix are diagonalised by implicit steps.
const leaf = 32

// A division is a tridiagonal eigenproblem cut into blocks, which are solved on their own and then joined in pairs
// (Cuppen 1981; Golub and Van Loan 2013, section 8.4.3). Vectors are rows; those of a block have its columns alone.
type division struct {
	n, workers int
	d, e       []float64
	z, next    []float64 // n x n: the vectors, and those of the blocks twice as large
	order      []int     // the rows of each block in rising order of d
}

// divide gives the eigenvectors of the tridiagonal matrix as rows, in the order of the values that it leaves in d.
func divide(workers int, d, e []float64) ([]float64, error) {
	n, depth := len(d), 0
	for n>>depth > leaf {
		depth++
	}
	v := &division{n: n, workers: workers, d: d, e: e, z: make([]float64, n*n), order: make([]int, n)}
	blocks := 1 << depth
	for i := 1; i < blocks; i++ {
		at := n * i >> depth
		v.d[at-1] -= math.Abs(e[at-1])
		v.d[at] -= math.Abs(e[at-1])
	}
	failed := make([]error, blocks)
	kernel.Parallel(workers, blocks, func(from, to int) {
		for i := from; i < to; i++ {
			failed[i] = v.solve(n*i>>depth, n*(i+1)>>depth)
		}
	})
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	if depth > 0 {
		v.next = make([]float64, n*n)
	}
	for level := depth - 1; level >= 0; level-- {
		outer, inner := 1, workers
		if 1<<level >= workers {
			outer, inner = workers, 1
		}
		kernel.Parallel(outer, 1<<level, func(from, to int) {
			for i := from; i < to; i++ {
				lo, hi := n*i>>level, n*(i+1)>>level
				v.join(inner, lo, n*(2*i+1)>>(level+1), hi)
			}
		})
		v.z, v.next = v.next, v.z
	}
	return v.z, nil
}

// solve diagonalises the block of rows [lo, hi).
func (v *division) solve(lo, hi int) error {
	const columns = 16 // that are rotated at a time
	m, slabs := hi-lo, (hi-lo+columns-1)/columns
	z := make([]float64, slabs*m*columns)
	for i := range m {
		z[(i/columns*m+i)*columns+i%columns] = 1
		v.order[lo+i] = lo + i
	}
	err := implicit(v.d[lo:hi], v.e[lo:max(lo, hi-1)], func(s sweep) {
		for c := range slabs {
			kernel.RotateRows64(z[c*m*columns:(c+1)*m*columns], columns, 0, s.first, s.up, s.cs)
		}
	})
	for c := range slabs {
		for i := range m {
			row := v.z[(lo+i)*v.n+lo : (lo+i)*v.n+hi]
			copy(row[c*columns:], z[(c*m+i)*columns:(c*m+i+1)*columns])
		}
	}
	v.sort(v.order[lo:hi])
	return err
}

// sort puts rows into rising order of d.
func (v *division) sort(rows []int) {
	slices.SortStableFunc(rows, func(i, j int) int { return cmp.Compare(v.d[i], v.d[j]) })
}

// A pair is two neighbouring blocks, [lo, mid) and [mid, hi), on their way to being one: the matrix is the diagonal
// one of their values plus rho times w w'.
type pair struct {
	lo, mid, hi int
	rho         float64
	w           []float64 // of row lo on
	kind        []byte    // of row lo on: where its vector has entries
	kept, gone  []int     // rows that take part, in rising order of d, and rows that are vectors already
}

const (
	first  byte = iota // in the columns of the first block
	both               // in all columns
	second             // in those of the second block
)

// tileRows is how many vectors are made at a time at most, so that what they are made of stays in cache.
const tileRows = 168

// join makes one block of rows [lo, mid) and [mid, hi). Until the new vectors take their places, those of the roots'
// distances lie there.
func (v *division) join(workers, lo, mid, hi int) {
	p := v.deflate(lo, mid, hi)
	n, k := v.n, len(p.kept)
	s := secular{d: make([]float64, k), z: make([]float64, k), square: make([]float64, k), weights: make([]float64, k), rho: p.rho}
	for i, r := range p.kept {
		s.d[i], s.z[i], s.square[i] = v.d[r], p.w[r-lo], p.w[r-lo]*p.w[r-lo]
	}
	columns := make([]int, 0, k) // of a vector: those of the first block, of both, and of the second
	var counts [3]int
	for kind := first; kind <= second; kind++ {
		for i, r := range p.kept {
			if p.kind[r-lo] == kind {
				columns = append(columns, i)
				counts[kind]++
			}
		}
	}
	n1, n2 := counts[first]+counts[both], counts[both]+counts[second]
	upper, lower := make([]float64, n1*(mid-lo)), make([]float64, n2*(hi-mid))
	values, distances := make([]float64, k, hi-lo), v.next[lo*n+lo:]
	if k < 64 {
		workers = 1
	}
	kernel.Parallel(workers, k, func(from, to int) {
		for j := from; j < to; j++ {
			values[j] = s.root(j, distances[j*n:j*n+k])
		}
	})
	kernel.Parallel(workers, k, func(from, to int) {
		s.weigh(distances, n, from, to)
		v.gather(upper, p, columns[:n1], lo, mid, from, to)
		v.gather(lower, p, columns[k-n2:], mid, hi, from, to)
	})
	tiles := 2 * ((k + 2*tileRows - 1) / (2 * tileRows)) // even, for two workers
	kernel.Parallel(workers, tiles, func(from, to int) {
		u := make([]float64, (k+tiles-1)/tiles*k)
		for tile := from; tile < to; tile++ {
			j := k * tile / tiles
			m := k*(tile+1)/tiles - j
			for i := range m {
				s.vector(u[i*k:(i+1)*k], distances[(j+i)*n:(j+i)*n+k], columns)
			}
			out := v.next[(lo+j)*n:]
			kernel.Gemm64(1, false, false, m, mid-lo, n1, 1, u, k, upper, mid-lo, 0, out[lo:], n)
			kernel.Gemm64(1, false, false, m, hi-mid, n2, 1, u[k-n2:], k, lower, hi-mid, 0, out[mid:], n)
		}
	})
	for i, r := range p.gone {
		row := v.next[(lo+k+i)*n+lo : (lo+k+i)*n+hi]
		clear(row)
		from, to := p.columns(r)
		copy(row[from-lo:], v.z[r*n+from:r*n+to])
		values = append(values, v.d[r])
	}
	copy(v.d[lo:hi], values)
	order := v.order[lo:hi]
	for i := range order {
		order[i] = lo + i
	}
	v.sort(order)
}

// columns is where the vector of row r has entries.
func (p *pair) columns(r int) (from, to int) {
	switch p.kind[r-p.lo] {
	case first:
		return p.lo, p.mid
	case second:
		return p.mid, p.hi
	}
	return p.lo, p.hi
}

// gather copies columns [from, to) of kept rows, those of rows that are numbers [a, b).
func (v *division) gather(out []float64, p *pair, rows []int, from, to, a, b int) {
	m := to - from
	for i := a; i < min(b, len(rows)); i++ {
		r := p.kept[rows[i]]
		copy(out[i*m:(i+1)*m], v.z[r*v.n+from:r*v.n+to])
	}
}

// deflate finds the rows of two blocks that the other block does not change beyond rounding: those with a weight of
// nothing, and one of two rows with about one value, after a rotation that leaves it no weight (Dongarra and
// Sorensen 1987; LAPACK's dlaed2).
func (v *division) deflate(lo, mid, hi int) *pair {
	n, d, e := v.n, v.d, v.e[mid-1]
	p := &pair{lo: lo, mid: mid, hi: hi, rho: 2 * math.Abs(e), w: make([]float64, hi-lo), kind: make([]byte, hi-lo)}
	var size, weight float64
	for r := lo; r < hi; r++ {
		x := v.z[r*n+mid-1]
		if r >= mid {
			x, p.kind[r-lo] = math.Copysign(1, e)*v.z[r*n+mid], second
		}
		p.w[r-lo] = x / math.Sqrt2
		size, weight = max(size, math.Abs(d[r])), max(weight, math.Abs(p.w[r-lo]))
	}
	nothing := 4 * eps * max(size, weight)
	rows := append([]int(nil), v.order[lo:hi]...)
	v.sort(rows)
	last := -1
	for _, r := range rows {
		if p.rho*math.Abs(p.w[r-lo]) <= nothing {
			p.gone = append(p.gone, r)
			continue
		}
		if last >= 0 {
			s, c := p.w[last-lo], p.w[r-lo]
			length := math.Hypot(c, s)
			c, s = c/length, -s/length
			if math.Abs((d[r]-d[last])*c*s) <= nothing {
				v.mix(p, last, r, c, s)
				p.w[r-lo], p.w[last-lo] = length, 0
				p.gone = append(p.gone, last)
			} else {
				p.kept = append(p.kept, last)
			}
		}
		last = r
	}
	if last >= 0 {
		p.kept = append(p.kept, last)
	}
	return p
}

// mix rotates the vectors of rows i and j, and their values with them.
func (v *division) mix(p *pair, i, j int, c, s float64) {
	x, y := v.z[i*v.n+p.lo:i*v.n+p.hi], v.z[j*v.n+p.lo:j*v.n+p.hi]
	if a, b := &p.kind[i-p.lo], &p.kind[j-p.lo]; *a != *b {
		for _, r := range []int{i, j} {
			from, to := p.columns(r)
			clear(v.z[r*v.n+p.lo : r*v.n+from])
			clear(v.z[r*v.n+to : r*v.n+p.hi])
		}
		*a, *b = both, both
	}
	for q, a := range x {
		b := y[q]
		x[q], y[q] = c*a+s*b, c*b-s*a
	}
	a, b := v.d[i], v.d[j]
	v.d[i], v.d[j] = a*c*c+b*s*s, a*s*s+b*c*c
}
