package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// permutable is a layer's Gram matrix with row sums and trace of zero and unit norm, and its sums.
type permutable struct {
	k    []float32
	sums [sumKinds]float64
}

func newPermutable(m Matrix, biased bool) (permutable, error) {
	r, err := centred(m)
	if err != nil {
		return permutable{}, err
	}
	k, err := r.gram()
	if err != nil {
		return permutable{}, err
	}
	scale := math.Sqrt(dot(k, k))
	if biased {
		traceless(k, r.n)
	} else {
		uCentre(k, r.n)
	}
	norm := math.Sqrt(dot(k, k))
	if !(norm > dominated*scale) {
		return permutable{}, fmt.Errorf("all samples are as unlike as any two: %w", ErrDominated)
	}
	p := permutable{k: make([]float32, len(k))}
	for i, v := range k {
		k[i] = v / norm
		p.k[i] = float32(k[i])
	}
	p.sums = sumsOf(k, r.n)
	return p, nil
}

// traceless takes the trace out of a doubly centred matrix: K - tr K / (n-1) (I - 11'/n).
func traceless(k []float64, n int) {
	var trace float64
	for i := range n {
		trace += k[i*n+i]
	}
	c := trace / float64(n-1)
	for i := range k {
		k[i] += c / float64(n)
	}
	for i := range n {
		k[i*n+i] -= c
	}
}

// uCentre makes diagonal and row sums zero (Szekely & Rizzo 2014).
func uCentre(k []float64, n int) {
	row, total := make([]float64, n), 0.0
	for i := range n {
		k[i*n+i] = 0
		row[i] = infer.Total(k[i*n : (i+1)*n])
		total += row[i]
	}
	for i := range n {
		for j := range n {
			if i != j {
				k[i*n+j] += total/float64((n-1)*(n-2)) - (row[i]+row[j])/float64(n-2)
			}
		}
	}
}

func sumsOf(k []float64, n int) (s [sumKinds]float64) {
	squared := linalg.Mul(1, false, false, n, n, n, k, k)
	for i := range n {
		d := k[i*n+i]
		s[sumDiagonal] += d * d
		s[sumLoops] += d * d * d
		for j, v := range k[i*n : (i+1)*n] {
			s[sumSquare] += v * v
			s[sumTriangle] += v * squared[i*n+j]
			s[sumTriple] += v * v * v
			s[sumHooked] += d * v * v
			s[sumBarbell] += d * v * k[j*n+j]
		}
	}
	return s
}
