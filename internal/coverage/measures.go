package main

import (
	"context"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic/alignment"
)

// A measure gives the intervals of a sampling; truth gives the population's values, nil where the truth is the mean over
// samplings.
type measure struct {
	name  string
	of    func(ctx context.Context, p population, layers []similarity.Matrix, seed uint64) (intervals, error)
	truth func(population) []float64
}

var (
	debiased = measure{"debiased CKA", pairs(func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
		return similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Seed: seed})
	}), func(p population) []float64 { return upper(p.cka(), len(widths)) }}
	biased = measure{"biased CKA", pairs(func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
		return similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Seed: seed, Biased: true})
	}), nil}
	deconfounded = measure{"deconfounded CKA", pairs(func(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
		p, err := similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Seed: seed})
		if err != nil {
			return nil, err
		}
		return p.Without(0)
	}), population.deconfounded}
	differences = measure{"difference of two debiased CKA", differ, population.differences}
	gaussians   = measure{"debiased RBF CKA", radial, nil}
	distance    = measure{"shape distance", pairs(shapes), nil}
	neighbours  = measure{"mutual 10-NN", pairs(nearest), nil}
	regression  = measure{"ridge R², from the layer before", regress(1), nil}
	distant     = measure{"ridge R², from three or more before", regress(3, 4, 5, 6, 7), nil}
	reading     = measure{"read alignment, by the next layer", read(population.mixtures), truth(population.mixtures)}
	aligned     = measure{"read alignment, by the layer's covariance", read(population.own), truth(population.own)}
)

func shapes(ctx context.Context, layers []similarity.Matrix, seed uint64) (*similarity.Pairs, error) {
	p, _, err := similarity.ShapePairs(ctx, 1, layers, nil, level, seed)
	return p, err
}

func nearest(ctx context.Context, layers []similarity.Matrix, _ uint64) (*similarity.Pairs, error) {
	return similarity.MutualKNNPairs(ctx, 1, layers, 10, nil, level)
}

// intervals are of all values of a measure, in an order of its own.
type intervals struct{ value, low, high []float64 }

func (v *intervals) add(e infer.Estimate, err error) error {
	if err != nil {
		return err
	}
	in, err := e.Interval(level)
	if err != nil {
		return err
	}
	v.value, v.low, v.high = append(v.value, e.Value), append(v.low, in.Low), append(v.high, in.High)
	return nil
}

// pairs takes the pairs of different layers, once each.
func pairs(of func(context.Context, []similarity.Matrix, uint64) (*similarity.Pairs, error)) func(context.Context, population, []similarity.Matrix, uint64) (intervals, error) {
	return func(ctx context.Context, _ population, layers []similarity.Matrix, seed uint64) (intervals, error) {
		p, err := of(ctx, layers, seed)
		if err != nil {
			return intervals{}, err
		}
		return intervals{upper(p.Value, p.L), upper(p.Low, p.L), upper(p.High, p.L)}, nil
	}
}

// upper returns what an L x L matrix has above its diagonal.
func upper(square []float64, L int) (out []float64) {
	for i := range L {
		out = append(out, square[i*L+i+1:(i+1)*L]...)
	}
	return out
}

// differ compares, of each three layers, the first link with the second, and with the bridge of both.
func differ(ctx context.Context, _ population, layers []similarity.Matrix, seed uint64) (v intervals, err error) {
	p, err := similarity.AllPairs(ctx, 1, layers, nil, similarity.Options{Level: level, Seed: seed})
	if err != nil {
		return v, err
	}
	for i := range len(layers) - 2 {
		if err := v.add(p.Difference(i, i+1, i+1, i+2)); err != nil {
			return v, err
		}
		if err := v.add(p.Difference(i, i+1, i, i+2)); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (p population) differences() (out []float64) {
	cka, L := p.cka(), len(widths)
	for i := range L - 2 {
		link := cka[i*L+i+1]
		out = append(out, link-cka[(i+1)*L+i+2], link-cka[i*L+i+2])
	}
	return out
}

// deconfounded returns the similarity of the other layers without the first.
func (p population) deconfounded() (out []float64) {
	s, L := p.cka(), len(widths)
	for i := 1; i < L; i++ {
		for j := i + 1; j < L; j++ {
			out = append(out, (s[i*L+j]-s[i]*s[j])/math.Sqrt((1-s[i]*s[i])*(1-s[j]*s[j])))
		}
	}
	return out
}

func radial(_ context.Context, _ population, layers []similarity.Matrix, _ uint64) (v intervals, err error) {
	for i, x := range layers {
		for _, y := range layers[i+1:] {
			if err := v.add(similarity.RBFEstimate(x, y, similarity.RBFOptions{})); err != nil {
				return v, err
			}
		}
	}
	return v, nil
}

// regress predicts each layer from those that lie so many steps before it.
func regress(steps ...int) func(context.Context, population, []similarity.Matrix, uint64) (intervals, error) {
	return func(ctx context.Context, _ population, layers []similarity.Matrix, _ uint64) (v intervals, err error) {
		for _, step := range steps {
			for i, x := range layers[:len(layers)-step] {
				r, err := similarity.Predict(ctx, 1, x, layers[i+step], nil)
				if err != nil {
					return v, err
				}
				if err := v.add(infer.Estimate{Value: r.R2, SE: r.Error.SE, DF: r.Error.DF}, nil); err != nil {
					return v, err
				}
			}
		}
		return v, nil
	}
}

// varied is how many layers vary more in some directions than in others, so that 512 samples can tell.
const varied = 4

// mixtures are the weights by which the next layer reads each, rows as wide as it is, and own are its covariance.
func (p population) mixtures() [][]float64 { return p.mixes[1 : 1+varied] }
func (p population) own() (out [][]float64) {
	for l, s := range p.covariances(1)[:varied] {
		out = append(out, s[l])
	}
	return out
}

// read aligns each layer with weights.
func read(weights func(population) [][]float64) func(context.Context, population, []similarity.Matrix, uint64) (intervals, error) {
	return func(_ context.Context, p population, layers []similarity.Matrix, _ uint64) (v intervals, err error) {
		for l, w := range weights(p) {
			x := layers[l]
			groups := make([]int, x.N)
			for i := range groups {
				groups[i] = i % infer.JackknifeGroups
			}
			r, err := alignment.Of(1, narrow(w), x.X, groups, x.D)
			if err != nil {
				return v, err
			}
			if err := v.add(r.Cosine, nil); err != nil {
				return v, err
			}
		}
		return v, nil
	}
}

// truth is tr(MS) / (|M| |S|) of M = W'W and S, both without their part that is alike in all directions.
func truth(weights func(population) [][]float64) func(population) []float64 {
	return func(p population) (out []float64) {
		cov := p.covariances(1)
		for l, w := range weights(p) {
			d := widths[l]
			m := make([]float64, d*d)
			for i, v := range w {
				for k, u := range w[i/d*d : i/d*d+d] {
					m[i%d*d+k] += v * u
				}
			}
			out = append(out, cosine(traceless(m, d), traceless(cov[l][l], d)))
		}
		return out
	}
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func traceless(m []float64, d int) []float64 {
	out, trace := append([]float64(nil), m...), 0.0
	for i := range d {
		trace += m[i*d+i]
	}
	for i := range d {
		out[i*d+i] -= trace / float64(d)
	}
	return out
}

func cosine(a, b []float64) float64 {
	var aa, ab, bb float64
	for i, v := range a {
		aa, ab, bb = aa+v*v, ab+v*b[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb)
}
