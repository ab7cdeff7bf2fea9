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
	z, next    []float64 // n x n: the vectors, and those of the blocks twice as large; nil for values alone
	ends       []float64 // the first and the last entry of each vector, all that values need
	order      []int     // the rows of each block in rising order of d
}

// divide leaves the eigenvalues of the tridiagonal matrix in d and gives its eigenvectors, if asked, as rows in the
// order of values, and room for as many.
func divide(workers int, d, e []float64, vectors bool) (rows, room []float64, err error) {
	n, depth := len(d), 0
	for n>>depth > leaf {
		depth++
	}
	v := &division{n: n, workers: workers, d: d, e: e, ends: make([]float64, 2*n), order: make([]int, n)}
	if vectors {
		v.z, v.next = make([]float64, n*n), make([]float64, n*n)
	}
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
			return nil, nil, err
		}
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
	return v.z, v.next, nil
}

// solve diagonalises the block of rows [lo, hi).
func (v *division) solve(lo, hi int) error {
	const columns = 16 // that are rotated at a time
	m := hi - lo
	slabs := (m + columns - 1) / columns
	if v.z == nil {
		slabs = 1 // of the first and the last column
	}
	z := make([]float64, slabs*m*columns)
	for i := range m {
		v.order[lo+i] = lo + i
		if v.z != nil {
			z[(i/columns*m+i)*columns+i%columns] = 1
		}
	}
	if v.z == nil {
		z[0], z[(m-1)*columns+1] = 1, 1
	}
	err := implicit(v.d[lo:hi], v.e[lo:hi-1], func(s sweep) {
		for c := range slabs {
			kernel.RotateRows64(z[c*m*columns:(c+1)*m*columns], columns, 0, s.first, s.up, s.cs)
		}
	})
	if v.z == nil {
		for i := range m {
			copy(v.ends[2*(lo+i):][:2], z[i*columns:])
		}
	} else {
		for c := range slabs {
			for i := range m {
				row := v.z[(lo+i)*v.n+lo : (lo+i)*v.n+hi]
				copy(row[c*columns:], z[(c*m+i)*columns:(c*m+i+1)*columns])
			}
		}
		v.takeEnds(v.z, lo, hi)
	}
	v.sort(v.order[lo:hi])
	return err
}

// takeEnds sets the ends of the vectors of a block.
func (v *division) takeEnds(z []float64, lo, hi int) {
	for r := lo; r < hi; r++ {
		v.ends[2*r], v.ends[2*r+1] = z[r*v.n+lo], z[r*v.n+hi-1]
	}
}

// sort puts rows into rising order of d.
func (v *division) sort(rows []int) {
	slices.SortStableFunc(rows, func(i, j int) int { return cmp.Compare(v.d[i], v.d[j]) })
}

// tileRows is how many vectors are made at a time at most, so that what they are made of stays in cache.
const tileRows = 168

// join makes one block of rows [lo, mid) and [mid, hi).
func (v *division) join(workers, lo, mid, hi int) {
	p := v.deflate(lo, mid, hi)
	k := len(p.kept)
	s := &secular{d: make([]float64, k), z: make([]float64, k), square: make([]float64, k), rho: p.rho, roots: make([]offset, k), weights: make([]float64, k)}
	for i, r := range p.kept {
		s.d[i], s.z[i], s.square[i] = v.d[r], p.w[r-lo], p.w[r-lo]*p.w[r-lo]
	}
	if k < 64 {
		workers = 1
	}
	kernel.Parallel(workers, k, func(from, to int) {
		for j := from; j < to; j++ {
			s.roots[j] = s.root(j)
		}
	})
	if v.z == nil {
		v.joinEnds(workers, p, s)
	} else {
		v.joinVectors(workers, p, s)
	}
	values := make([]float64, 0, hi-lo)
	for _, root := range s.roots {
		values = append(values, root.origin+root.x)
	}
	for _, r := range p.gone {
		values = append(values, v.d[r])
	}
	copy(v.d[lo:hi], values)
	order := v.order[lo:hi]
	for i := range order {
		order[i] = lo + i
	}
	v.sort(order)
}

// joinEnds makes the ends of the vectors of the pair's block.
func (v *division) joinEnds(workers int, p *pair, s *secular) {
	k := len(p.kept)
	ends := make([]float64, 2*(p.hi-p.lo))
	for i, r := range p.gone {
		copy(ends[2*(k+i):], v.ends[2*r:2*r+2])
	}
	kernel.Parallel(workers, k, s.weigh)
	left, right, square := make([]float64, k), make([]float64, k), make([]float64, k)
	for i, r := range p.kept {
		w := s.weights[i]
		left[i], right[i], square[i] = w*v.ends[2*r], w*v.ends[2*r+1], w*w
	}
	kernel.Parallel(workers, k, func(from, to int) {
		for j := from; j < to; j++ {
			root := s.roots[j]
			_, length := kernel.Poles64(s.d, square, root.origin, root.x)
			for i, w := range [][]float64{left, right} {
				sum, _ := kernel.Poles64(s.d, w, root.origin, root.x)
				ends[2*j+i] = sum / math.Sqrt(length)
			}
		}
	})
	copy(v.ends[2*p.lo:], ends)
}

// joinVectors makes the vectors of the pair's block.
func (v *division) joinVectors(workers int, p *pair, s *secular) {
	n, k, lo, mid, hi := v.n, len(p.kept), p.lo, p.mid, p.hi
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
	kernel.Parallel(workers, k, func(from, to int) {
		s.weigh(from, to)
		v.gather(upper, p, columns[:n1], lo, mid, from, to)
		v.gather(lower, p, columns[k-n2:], mid, hi, from, to)
	})
	tiles := 2 * ((k + 2*tileRows - 1) / (2 * tileRows)) // even, for two workers
	kernel.Parallel(workers, tiles, func(from, to int) {
		u, room := make([]float64, (k+tiles-1)/tiles*k), make([]float64, k)
		for tile := from; tile < to; tile++ {
			j := k * tile / tiles
			m := k*(tile+1)/tiles - j
			for i := range m {
				s.vector(u[i*k:(i+1)*k], room, j+i, columns)
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
	}
	v.takeEnds(v.next, lo, hi)
}

// gather copies columns [from, to) of kept rows, those of rows that are numbers [a, b).
func (v *division) gather(out []float64, p *pair, rows []int, from, to, a, b int) {
	m := to - from
	for i := a; i < min(b, len(rows)); i++ {
		r := p.kept[rows[i]]
		copy(out[i*m:(i+1)*m], v.z[r*v.n+from:r*v.n+to])
	}
}
