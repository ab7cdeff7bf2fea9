package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// An Inception is the score of a set of generated inputs, from 1 to the number of classes. Mean and SD are
// those of the scores of its parts, with their number in the denominator of the variance, as published
// values have it.
type Inception struct {
	Score    float64 // of all samples together
	Mean, SD float64
	Parts    int
}

// InceptionScore returns exp of the mean divergence KL(p(y|x) || p(y)) of rows of class probabilities, which
// a fixed classifier gives to generated inputs (Salimans et al. 2016). It is high where single inputs are
// told surely and all classes occur. It says nothing of the classifier, and does not see that inputs are
// copied. Parts are cut in the order of the rows; 0 is 10 of them.
func InceptionScore(p []float64, classes, parts int) (Inception, error) {
	if parts == 0 {
		parts = 10
	}
	if classes < 1 || len(p)%classes != 0 || parts < 0 {
		return Inception{}, fmt.Errorf("%d probabilities in rows of %d classes and %d parts: %w", len(p), classes, parts, infer.ErrRange)
	}
	n := len(p) / classes
	if n == 0 || n < parts {
		return Inception{}, fmt.Errorf("%d samples for %d parts: %w", n, parts, infer.ErrTooFew)
	}
	if err := checkProbabilities(p, classes); err != nil {
		return Inception{}, err
	}
	for i := range n {
		if s := infer.Total(p[i*classes : (i+1)*classes]); math.Abs(s-1) > 1e-3 {
			return Inception{}, fmt.Errorf("probabilities of sample %d add up to %v, want 1: %w", i, s, infer.ErrRange)
		}
	}
	out := Inception{Score: inception(p, classes), Parts: parts}
	scores := make([]float64, parts)
	for k := range scores {
		scores[k] = inception(p[k*n/parts*classes:(k+1)*n/parts*classes], classes)
	}
	out.Mean = infer.Total(scores) / float64(parts)
	for _, s := range scores {
		out.SD += (s - out.Mean) * (s - out.Mean)
	}
	out.SD = math.Sqrt(out.SD / float64(parts))
	return out, nil
}

// inception is exp of the entropy of the mean row less the mean entropy of the rows.
func inception(p []float64, classes int) float64 {
	n := float64(len(p) / classes)
	mean := make([]infer.Sum, classes)
	var told infer.Sum
	for i, v := range p {
		mean[i%classes].Add(v)
		told.Add(plogp(v))
	}
	kl := told.Value() / n
	for _, m := range mean {
		kl -= plogp(m.Value() / n)
	}
	return math.Exp(max(0, kl))
}

func plogp(v float64) float64 {
	if v == 0 {
		return 0
	}
	return v * math.Log(v)
}
