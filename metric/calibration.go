package metric

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/stratascope/stratascope/infer"
)

// Bins says how confidences are binned; the zero value is 15 bins of equal mass.
type Bins struct {
	Count int  // 0: 15
	Width bool // equal width instead of equal mass
}

// A Bin is one point of a reliability diagram: N samples of low <= confidence < high (the last
// bin includes its end), their mean confidence and how many were correct.
type Bin struct {
	Low, High, Confidence float64
	Correct, N            int
}

// Gap returns mean confidence minus accuracy: above 0 is over-confident. N is at least 1.
func (b Bin) Gap() float64 { return b.Confidence - float64(b.Correct)/float64(b.N) }

// Reliability returns the bins that hold samples. Edges of equal-mass bins are quantiles by
// linear interpolation, as in netcal and NumPy, so samples of one confidence share a bin and the
// order of samples does not matter.
func Reliability(confidence []float64, correct []bool, bins Bins) ([]Bin, error) {
	edges, err := bins.edges(confidence, len(correct))
	if err != nil {
		return nil, err
	}
	sums := make([]infer.Sum, len(edges)-1)
	all := make([]Bin, len(edges)-1)
	for i, c := range confidence {
		b := binOf(edges, c)
		sums[b].Add(c)
		all[b].N++
		if correct[i] {
			all[b].Correct++
		}
	}
	var out []Bin
	for b, v := range all {
		if v.N > 0 {
			v.Low, v.High, v.Confidence = edges[b], edges[b+1], sums[b].Value()/float64(v.N)
			out = append(out, v)
		}
	}
	return out, nil
}

func (b Bins) edges(confidence []float64, n int) ([]float64, error) {
	if b.Count == 0 {
		b.Count = 15
	}
	if b.Count < 1 || len(confidence) != n {
		return nil, fmt.Errorf("%d confidences and %d outcomes in %d bins: %w", len(confidence), n, b.Count, infer.ErrRange)
	}
	if n == 0 {
		return nil, fmt.Errorf("no samples: %w", infer.ErrTooFew)
	}
	for i, c := range confidence {
		if !(c >= 0 && c <= 1+1e-9) {
			return nil, fmt.Errorf("confidence of sample %d is %v, want 0 to 1: %w", i, c, reasonOf(c))
		}
	}
	edges := make([]float64, b.Count+1)
	edges[b.Count] = 1
	sorted := slices.Clone(confidence)
	slices.Sort(sorted)
	for k := 1; k < b.Count; k++ {
		q := float64(k) / float64(b.Count)
		edges[k] = q
		if !b.Width {
			at := q * float64(n-1)
			i := int(at)
			edges[k] = sorted[i]
			if i+1 < n {
				edges[k] += (at - float64(i)) * (sorted[i+1] - sorted[i])
			}
		}
	}
	return edges, nil
}

// binOf returns the bin of c: the last whose low edge is not above it.
func binOf(edges []float64, c float64) int {
	b := sort.Search(len(edges), func(i int) bool { return edges[i] > c }) - 1
	return min(max(b, 0), len(edges)-2)
}

// ECE returns the expected calibration error sum n_b/n |acc_b - conf_b| (Naeini et al. 2015).
func ECE(bins []Bin) (float64, error) {
	return weighted(bins, func(b Bin) float64 { return math.Abs(b.Gap()) })
}

// SquaredECE returns sum n_b/n (acc_b - conf_b)^2 less the part that the sampling of accuracies
// adds, acc_b (1-acc_b) / (n_b - 1) (Kumar et al. 2019, definition 4.3). It can be negative;
// DebiasedECE is its root. A bin of one sample counts 0.
func SquaredECE(bins []Bin) (float64, error) {
	return weighted(bins, func(b Bin) float64 {
		if b.N < 2 {
			return 0
		}
		acc := float64(b.Correct) / float64(b.N)
		return b.Gap()*b.Gap() - acc*(1-acc)/float64(b.N-1)
	})
}

// DebiasedECE returns sqrt(max(SquaredECE, 0)).
func DebiasedECE(bins []Bin) (float64, error) {
	v, err := SquaredECE(bins)
	return math.Sqrt(math.Max(v, 0)), err
}

// SignedGap returns mean confidence minus accuracy: above 0 is over-confident, below under.
func SignedGap(bins []Bin) (float64, error) { return weighted(bins, Bin.Gap) }

func weighted(bins []Bin, f func(Bin) float64) (float64, error) {
	n, s := 0, 0.0
	for _, b := range bins {
		n += b.N
	}
	if n == 0 {
		return 0, fmt.Errorf("no samples: %w", infer.ErrTooFew)
	}
	for _, b := range bins {
		s += float64(b.N) / float64(n) * f(b)
	}
	return s, nil
}

// ClasswiseECE returns each class's one-against-rest error, whose mean is the classwise ECE
// (Kull et al. 2019, eq. 3).
func ClasswiseECE(labels []int32, p []float64, classes int, bins Bins) ([]float64, error) {
	if err := checkRows(labels, p, classes); err != nil {
		return nil, err
	}
	out := make([]float64, classes)
	confidence, is := make([]float64, len(labels)), make([]bool, len(labels))
	for c := range out {
		for i, l := range labels {
			confidence[i], is[i] = p[i*classes+c], int(l) == c
		}
		r, err := Reliability(confidence, is, bins)
		if err != nil {
			return nil, fmt.Errorf("class %d: %w", c, err)
		}
		if out[c], err = ECE(r); err != nil {
			return nil, fmt.Errorf("class %d: %w", c, err)
		}
	}
	return out, nil
}
