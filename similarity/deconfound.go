package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// Deconfounded returns the debiased CKA of two layers after what the input's similarities explain of theirs is
// regressed out (Cui et al. 2022). The regression is least squares over all pairs of samples on U-centred Gram
// matrices, so the value is the partial distance correlation of the kernels (Szekely & Rizzo 2014),
//
//	(s_xy - s_xz s_yz) / sqrt((1 - s_xz^2) (1 - s_yz^2)),
//
// -1 to 1 for many samples, with the debiased CKA s of each pair. It ignores what CKA ignores. A layer that
// is the input has a reason.
//
// Two untrained perceptrons have 0.60, 0.58 and 0.38 in their layers on Fashion-MNIST, and -0.27, 0.06 and -0.02
// without the input; the channel means of two untrained convolutional networks 0.98 to 1.00 either way, for
// what they share is no linear kernel of the pixels.
func Deconfounded(x, y, input Matrix) (float64, error) {
	var s [3]float64
	for i, p := range [][2]Matrix{{x, y}, {x, input}, {y, input}} {
		var err error
		if s[i], err = Debiased(p[0], p[1]); err != nil {
			return 0, err
		}
	}
	return partial(s[0], s[1], s[2])
}

// Deconfounded returns the similarity of layers i and j without what layer input explains of either, with its
// jackknife error, from the values and leave-one-group-out values that are there. What two groups do together counts once,
// to first order in the three similarities.
func (p *Pairs) Deconfounded(i, j, input int) (infer.Estimate, error) {
	e, _, err := p.deconfounded(i, j, input)
	return e, err
}

// Without returns the similarities of all other layers without what layer input explains of them, each with its
// jackknife interval. A layer of which the input leaves nothing has a reason, as all have where the input has one.
func (p *Pairs) Without(input int) (*Pairs, error) {
	if p.biased {
		return nil, errBiased
	}
	var keep []int
	for l := range p.L {
		if l != input {
			keep = append(keep, l)
		}
	}
	out := newPairs(len(keep), p.N, Options{Level: p.level, Exact: p.N})
	out.Exact, out.Units, out.Reduced, out.Error = p.Exact, p.Units, p.Reduced, p.Error
	for a, i := range keep {
		if _, _, out.Reason[a] = p.deconfounded(i, i, input); out.Reason[a] != nil {
			continue
		}
		for b, j := range keep[:a+1] {
			if out.Reason[b] != nil {
				continue
			}
			e, without, err := p.deconfounded(i, j, input)
			if err != nil {
				return nil, err
			}
			in, err := e.Interval(p.level)
			if err != nil {
				return nil, err
			}
			out.leaveOut[triangle(b, a, out.L)] = without
			for _, k := range []int{a*out.L + b, b*out.L + a} {
				out.Value[k], out.SE[k], out.Low[k], out.High[k] = e.Value, e.SE, in.Low, in.High
			}
		}
	}
	return out, nil
}

var errBiased = fmt.Errorf("only debiased CKA can be deconfounded: %w", infer.ErrRange)

func (p *Pairs) deconfounded(i, j, input int) (e infer.Estimate, without []float64, err error) {
	if p.biased {
		return e, nil, errBiased
	}
	pairs := [][2]int{{i, j}, {i, input}, {j, input}}
	var s [3]float64
	var leave [3][]float64
	for k, at := range pairs {
		one, err := p.Estimate(at[0], at[1])
		if err != nil {
			return e, nil, err
		}
		s[k], leave[k] = one.Value, p.LeaveOut(at[0], at[1])
	}
	whole, err := partial(s[0], s[1], s[2])
	if err != nil {
		return e, nil, err
	}
	without = make([]float64, p.Units)
	for u := range without {
		if without[u], err = partial(leave[0][u], leave[1][u], leave[2][u]); err != nil {
			return e, nil, fmt.Errorf("without unit %d: %w", u, err)
		}
	}
	var together []float64
	if p.together != nil {
		together = make([]float64, p.Units*p.Units)
		for k, slope := range slopes(s[0], s[1], s[2]) {
			addTo(together, p.together(pairs[k][0], pairs[k][1]), slope)
		}
	}
	e, err = jackknife(whole, without, together)
	return e, without, err
}

// unexplained is the least share of a layer's similarities that the input must leave to be compared by it.
const unexplained = 1e-6

func partial(xy, xz, yz float64) (float64, error) {
	a, b := 1-xz*xz, 1-yz*yz
	if !(a > unexplained && b > unexplained) {
		return 0, fmt.Errorf("similarity of the layers with the input is %.6f and %.6f, want below 1: %w", xz, yz, infer.ErrConstant)
	}
	return (xy - xz*yz) / math.Sqrt(a*b), nil
}

// slopes are the derivatives of partial by each of its arguments.
func slopes(xy, xz, yz float64) [3]float64 {
	a, b := 1-xz*xz, 1-yz*yz
	norm := math.Sqrt(a * b)
	v := (xy - xz*yz) / norm
	return [3]float64{1 / norm, v*xz/a - yz/norm, v*yz/b - xz/norm}
}
