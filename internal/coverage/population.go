package main

import (
	"math"
	"math/rand/v2"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
)

// A draw is one number of a distribution of mean 0.
type draw func(*rand.Rand) float64

func gaussian(r *rand.Rand) float64 { return r.NormFloat64() }

// heavy is Student's t with five degrees of freedom.
func heavy(r *rand.Rand) float64 {
	square := 0.0
	for range 5 {
		v := r.NormFloat64()
		square += v * v
	}
	return r.NormFloat64() / math.Sqrt(square/5)
}

// rectified is a Gaussian cut off below 0, as activations are.
func rectified(r *rand.Rand) float64 { return math.Max(0, r.NormFloat64()) - 1/math.Sqrt(2*math.Pi) }

// A population is a chain of layers: each unit is a mixture of the layer before, and noise of its own.
type population struct {
	name  string
	noise draw
	mixes [][]float64 // of layer l: width x width of the layer before
}

var widths = []int{8, 12, 20, 30, 60, 30, 16, 10}

func newPopulation(name string, noise draw) population {
	p := population{name: name, noise: noise}
	r := infer.Rand(1, "coverage", name)
	before := widths[0]
	for _, d := range widths {
		mix := make([]float64, d*before)
		for i := range mix {
			mix[i] = r.NormFloat64() * math.Pow(float64(1+i%before), -0.5) // some directions carry more
		}
		p.mixes, before = append(p.mixes, mix), d
	}
	return p
}

// layers draws n samples.
func (p population) layers(r *rand.Rand, n int) []similarity.Matrix {
	out := make([]similarity.Matrix, len(widths))
	for l, d := range widths {
		out[l] = similarity.Matrix{X: make([]float32, n*d), N: n, D: d}
		for i := range n {
			row := out[l].X[i*d : (i+1)*d]
			for j := range row {
				v := p.noise(r)
				if l > 0 {
					before := out[l-1].X[i*widths[l-1] : (i+1)*widths[l-1]]
					sum := 0.0
					for k, b := range before {
						sum += p.mixes[l][j*len(before)+k] * float64(b)
					}
					v += sum / math.Sqrt(float64(len(before)))
				} else {
					v *= 1 + 3/float64(1+j)
				}
				row[j] = float32(v)
			}
		}
	}
	return out
}

// covariances returns the population's covariance of layers i and j, as they follow from the mixtures: noise is
// independent and has the variance given.
func (p population) covariances(variance float64) [][][]float64 {
	L := len(widths)
	cov := make([][][]float64, L)
	for i := range cov {
		cov[i] = make([][]float64, L)
	}
	for j, d := range widths {
		for i := 0; i < j; i++ { // cov(i, j) = cov(i, j-1) mix'
			cov[i][j] = times(cov[i][j-1], p.mixes[j], widths[i], widths[j-1], d)
		}
		own := make([]float64, d*d)
		if j > 0 { // mix cov(j-1, j-1) mix'
			half := times(cov[j-1][j-1], p.mixes[j], widths[j-1], widths[j-1], d)
			own = times(transposed(half, widths[j-1], d), p.mixes[j], d, widths[j-1], d)
		}
		for u := range d {
			s := 1.0
			if j == 0 {
				s = 1 + 3/float64(1+u)
			}
			own[u*d+u] += s * s * variance
		}
		cov[j][j] = own
	}
	return cov
}

// times returns a mix' / sqrt(inner), a of rows x inner, mix of columns x inner.
func times(a, mix []float64, rows, inner, columns int) []float64 {
	out := make([]float64, rows*columns)
	for i := range rows {
		for j := range columns {
			sum := 0.0
			for k := range inner {
				sum += a[i*inner+k] * mix[j*inner+k]
			}
			out[i*columns+j] = sum / math.Sqrt(float64(inner))
		}
	}
	return out
}

func transposed(a []float64, rows, columns int) []float64 {
	out := make([]float64, len(a))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = a[i*columns+j]
		}
	}
	return out
}

// cka returns the population's linear CKA of all pairs, |cov(i,j)|^2 / (|cov(i,i)| |cov(j,j)|), which ignores the
// noise's variance.
func (p population) cka() []float64 {
	cov := p.covariances(1)
	square := func(v []float64) float64 {
		s := 0.0
		for _, x := range v {
			s += x * x
		}
		return s
	}
	L := len(widths)
	out := make([]float64, L*L)
	for i := range L {
		for j := i; j < L; j++ {
			out[i*L+j] = square(cov[i][j]) / math.Sqrt(square(cov[i][i])*square(cov[j][j]))
		}
	}
	return out
}
