package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// slack keeps rounding from deciding whether a probability reaches its threshold (as cleanlab).
const slack = 1e-6

// LabelNoise is the confident-learning estimate of wrong labels (Northcutt et al. 2021) from
// probabilities that did not see the labels, such as out-of-fold ones.
type LabelNoise struct {
	Classes   int
	Threshold []float64 // mean probability of the class over its samples; 2 for a class without any
	Count     []int     // [given label][confident class]
	Uncounted int       // samples that reach no threshold
	Joint     []float64 // Count with rows rescaled to the label counts; in samples
	Rate      float64   // share of Joint off the diagonal
	Self      []float64 // per sample: probability of its label, low where the label is doubtful

	labels  []int32
	p       []float64
	guess   []int32 // confident class, -1 where uncounted
	support []int
}

// ConfidentLearning counts samples whose probability of a class reaches the mean of that class's
// own samples: t_j = mean p_j over label j; a sample of label i counts in C_ij if p_j >= t_j, the
// most probable class where several qualify. It keeps labels and p.
func ConfidentLearning(labels []int32, p []float64, classes int) (*LabelNoise, error) {
	if err := checkRows(labels, p, classes); err != nil {
		return nil, err
	}
	if classes < 2 {
		return nil, fmt.Errorf("label noise among %d class, want 2: %w", classes, infer.ErrTooFew)
	}
	n := &LabelNoise{
		Classes: classes, Threshold: make([]float64, classes), Count: make([]int, classes*classes),
		Self: make([]float64, len(labels)), labels: labels, p: p,
		guess: make([]int32, len(labels)), support: make([]int, classes),
	}
	sum := make([]infer.Sum, classes)
	for i, l := range labels {
		n.Self[i] = p[i*classes+int(l)]
		sum[l].Add(n.Self[i])
		n.support[l]++
	}
	for c := range sum {
		n.Threshold[c] = 2
		if n.support[c] > 0 {
			n.Threshold[c] = sum[c].Value() / float64(n.support[c])
		}
	}
	for i, l := range labels {
		n.guess[i] = n.confident(p[i*classes : (i+1)*classes])
		if n.guess[i] < 0 {
			n.Uncounted++
			continue
		}
		n.Count[int(l)*classes+int(n.guess[i])]++
	}
	n.Joint = scaled(n.Count, n.support)
	n.Rate = offDiagonal(n.Joint, classes) / float64(len(labels))
	return n, nil
}

// confident returns the class a row counts for, or -1.
func (n *LabelNoise) confident(row []float64) int32 {
	best, reached := int32(-1), 0
	for c, v := range row {
		if v >= n.Threshold[c]-slack {
			if reached == 0 || v > row[best] {
				best = int32(c)
			}
			reached++
		}
	}
	return best
}

// scaled gives each row of counts the total of its label. A class none of whose samples counted
// for itself keeps one there, as in cleanlab, so that its row can be scaled.
func scaled(count, support []int) []float64 {
	C := len(support)
	joint := make([]float64, len(count))
	for i, n := range support {
		total := 0
		for j := range C {
			k := count[i*C+j]
			if i == j {
				k = max(k, 1)
			}
			joint[i*C+j] = float64(k)
			total += k
		}
		for j := range C {
			joint[i*C+j] = joint[i*C+j] / float64(total) * float64(n)
		}
	}
	return joint
}

func offDiagonal(m []float64, n int) float64 {
	var s float64
	for i := range n {
		for j := range n {
			if i != j {
				s += m[i*n+j]
			}
		}
	}
	return s
}

// Interval returns the percentile bootstrap interval of Rate over the counting step: samples are
// drawn anew, thresholds stay.
func (n *LabelNoise) Interval(o infer.Bootstrap) (infer.Interval, error) {
	count, support := make([]int, len(n.Count)), make([]int, n.Classes)
	return infer.BootstrapPercentile(len(n.labels), o, func(rows []int) (float64, error) {
		clear(count)
		clear(support)
		for _, i := range rows {
			l := int(n.labels[i])
			support[l]++
			if g := n.guess[i]; g >= 0 {
				count[l*n.Classes+int(g)]++
			}
		}
		return offDiagonal(scaled(count, support), n.Classes) / float64(len(rows)), nil
	})
}

// A Suspect is a sample whose label is doubted: Margin is the probability of Likely less that of
// the label.
type Suspect struct {
	Sample        int
	Given, Likely int32
	Margin        float64
}

// Suspects returns the samples to look at, the surest first: for each pair of classes as many of
// the largest margin as Joint holds there ("prune by noise rate", Northcutt et al. 2021), without
// those whose label is also the most probable class.
func (n *LabelNoise) Suspects() []Suspect {
	best := make(map[int]Suspect)
	for given, rows := range n.rowsByLabel() {
		if len(rows) < 2 {
			continue // never doubt the only sample of a class
		}
		want := roundRow(n.Joint[given*n.Classes : (given+1)*n.Classes])
		for likely, k := range want {
			if likely == given || k <= 0 {
				continue
			}
			s := make([]Suspect, len(rows))
			for r, i := range rows {
				s[r] = Suspect{i, int32(given), int32(likely), n.p[i*n.Classes+likely] - n.p[i*n.Classes+given]}
			}
			slices.SortStableFunc(s, surest)
			for _, v := range s[:min(k, len(s))] {
				if old, ok := best[v.Sample]; !ok || v.Margin > old.Margin {
					best[v.Sample] = v
				}
			}
		}
	}
	return n.ranked(best)
}

func (n *LabelNoise) ranked(best map[int]Suspect) []Suspect {
	var list []Suspect
	for i := range n.labels {
		if s, ok := best[i]; ok && slices.Max(n.p[i*n.Classes:(i+1)*n.Classes]) > n.Self[i] {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, surest)
	return list
}

func surest(a, b Suspect) int { return cmp.Compare(b.Margin, a.Margin) }

func (n *LabelNoise) rowsByLabel() [][]int {
	rows := make([][]int, n.Classes)
	for i, l := range n.labels {
		rows[l] = append(rows[l], i)
	}
	return rows
}

// roundRow rounds to whole numbers with the same total, correcting where rounding took most.
func roundRow(row []float64) []int {
	out := make([]int, len(row))
	order := make([]int, len(row))
	var total float64
	sum := 0
	for i, v := range row {
		out[i], order[i] = int(math.RoundToEven(v)), i
		total += v
		sum += out[i]
	}
	short := int(math.RoundToEven(total)) - sum
	step := 1
	if short < 0 {
		step = -1
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return -step * cmp.Compare(row[a]-math.RoundToEven(row[a]), row[b]-math.RoundToEven(row[b]))
	})
	for k := 0; k < short*step && k < len(order); k++ {
		out[order[k]] += step
	}
	return out
}
