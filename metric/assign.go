package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// Assign returns the permutation that matches each row of an n x n matrix to its own column with
// the largest total weight (Kuhn 1955, in the O(n^3) form of Jonker & Volgenant 1987). With a
// confusion matrix it finds the renaming of predicted classes that agrees best with the labels.
func Assign(weight []float64, n int) (columns []int, total float64, err error) {
	if n < 1 || len(weight) != n*n {
		return nil, 0, fmt.Errorf("%d weights of a %d x %d matrix: %w", len(weight), n, n, infer.ErrRange)
	}
	if err := infer.Finite(weight); err != nil {
		return nil, 0, fmt.Errorf("weight: %w", err)
	}
	// Rows and columns count from 1; column 0 holds the row being placed.
	u, v := make([]float64, n+1), make([]float64, n+1)
	row, way := make([]int, n+1), make([]int, n+1)
	least, used := make([]float64, n+1), make([]bool, n+1)
	for i := 1; i <= n; i++ {
		row[0] = i
		for j := range least {
			least[j], used[j] = math.Inf(1), false
		}
		j := 0
		for row[j] != 0 {
			used[j] = true
			next, delta := 0, math.Inf(1)
			for k := 1; k <= n; k++ {
				if used[k] {
					continue
				}
				if c := -weight[(row[j]-1)*n+k-1] - u[row[j]] - v[k]; c < least[k] {
					least[k], way[k] = c, j
				}
				if least[k] < delta {
					next, delta = k, least[k]
				}
			}
			for k := 0; k <= n; k++ {
				if used[k] {
					u[row[k]] += delta
					v[k] -= delta
				} else {
					least[k] -= delta
				}
			}
			j = next
		}
		for j != 0 {
			row[j] = row[way[j]]
			j = way[j]
		}
	}
	columns = make([]int, n)
	for j := 1; j <= n; j++ {
		columns[row[j]-1] = j - 1
	}
	for i, j := range columns {
		total += weight[i*n+j]
	}
	return columns, total, nil
}

// BestNaming returns the class that each predicted class stands for when predictions are renamed
// to agree best with labels, and the samples that then agree. A naming that is not the identity
// tells permuted outputs.
func (c *Confusion) BestNaming() (label []int, hits int, err error) {
	w := make([]float64, len(c.Count))
	for l := range c.Classes {
		for p := range c.Classes {
			w[p*c.Classes+l] = float64(c.At(l, p))
			if l == p {
				w[p*c.Classes+l] += 0.5 / float64(c.Classes+1) // of equal namings, the one that changes least
			}
		}
	}
	label, _, err = Assign(w, c.Classes)
	for p, l := range label {
		hits += c.At(l, p)
	}
	return label, hits, err
}
