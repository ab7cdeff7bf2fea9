package metric

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// GroupRates are the rates of one group's samples. Selection, TPR, FPR and PPV take one class as
// the positive one.
type GroupRates struct {
	Group                              int32
	Accuracy, Selection, TPR, FPR, PPV Rate
}

// ByGroup returns the rates of each group, in rising order of group numbers.
func ByGroup(labels, predicted, groups []int32, positive int32) ([]GroupRates, error) {
	if err := sameLength("predictions", len(labels), len(predicted)); err != nil {
		return nil, err
	}
	if err := sameLength("group numbers", len(labels), len(groups)); err != nil {
		return nil, err
	}
	names, at := numbered(groups)
	out := make([]GroupRates, len(names))
	for i, g := range names {
		out[i].Group = g
	}
	for i, l := range labels {
		g, said, is := &out[at[i]], predicted[i] == positive, l == positive
		g.Accuracy.count(predicted[i] == l)
		g.Selection.count(said)
		if is {
			g.TPR.count(said)
		} else {
			g.FPR.count(said)
		}
		if said {
			g.PPV.count(is)
		}
	}
	return out, nil
}

func (r *Rate) count(hit bool) {
	r.Of++
	if hit {
		r.Hits++
	}
}

// numbered returns the distinct groups in rising order and each sample's place among them.
func numbered(groups []int32) (names []int32, at []int) {
	names = slices.Clone(groups)
	slices.Sort(names)
	names = slices.Compact(names)
	at = make([]int, len(groups))
	for i, g := range groups {
		at[i], _ = slices.BinarySearch(names, g)
	}
	return names, at
}

// Spread is the gap between the highest and the lowest of some rates, which lie at the places
// given; Ratio is lowest over highest, the quantity of the four-fifths rule, 1 if both are 0.
type Spread struct {
	Gap, Ratio      float64
	Lowest, Highest int
	Left            int // rates left out for too few samples
}

// SpreadOf compares the rates that rest on at least least samples: with selection rates it is the
// demographic parity difference, with true-positive rates equal opportunity; equalised odds is
// the larger of those of TPR and FPR.
func SpreadOf(rates []Rate, least int) (Spread, error) {
	s := Spread{Lowest: -1, Highest: -1}
	var low, high float64
	for i, r := range rates {
		v, err := r.Value()
		if err != nil || r.Of < least {
			s.Left++
			continue
		}
		if s.Lowest < 0 || v < low {
			s.Lowest, low = i, v
		}
		if s.Highest < 0 || v > high {
			s.Highest, high = i, v
		}
	}
	if len(rates)-s.Left < 2 {
		return Spread{}, fmt.Errorf("%d groups of at least %d samples, want 2: %w", len(rates)-s.Left, least, infer.ErrTooFew)
	}
	s.Gap, s.Ratio = high-low, 1
	if high > 0 {
		s.Ratio = low / high
	}
	return s, nil
}

// WorstGroup is the group of lowest accuracy. Gap is the accuracy of all samples less its own, and
// Null what the gap of the worst group is when groups do not matter.
type WorstGroup struct {
	Group    int32
	Accuracy Rate
	Overall  Rate
	Gap      float64
	Groups   int // groups compared
	Left     int // groups left out for too few samples
	Null     Null
}

// Worst finds the group of at least least samples whose accuracy is lowest. The worst of many
// groups looks bad by chance, so its null permutes group numbers within each class: a group is
// not blamed for holding the hard classes.
func Worst(labels []int32, correct []bool, groups []int32, least int, o Resampling) (WorstGroup, error) {
	if err := sameLength("outcomes", len(labels), len(correct)); err != nil {
		return WorstGroup{}, err
	}
	if err := sameLength("group numbers", len(labels), len(groups)); err != nil {
		return WorstGroup{}, err
	}
	names, at := numbered(groups)
	size, hits := make([]int, len(names)), make([]int, len(names))
	w := WorstGroup{}
	for i, ok := range correct {
		size[at[i]]++
		w.Overall.count(ok)
		if ok {
			hits[at[i]]++
		}
	}
	for _, n := range size {
		if n < least {
			w.Left++
		}
	}
	w.Groups = len(names) - w.Left
	if w.Groups < 2 {
		return WorstGroup{}, fmt.Errorf("%d groups of at least %d samples, want 2: %w", w.Groups, least, infer.ErrTooFew)
	}
	worst := lowest(hits, size, least)
	w.Group, w.Accuracy = names[worst], Rate{hits[worst], size[worst]}
	overall := float64(w.Overall.Hits) / float64(w.Overall.Of)
	w.Gap = overall - float64(hits[worst])/float64(size[worst])
	o = o.filled()
	draws := make([]float64, o.Draws)
	strata := byClass(labels)
	r := infer.Rand(o.Seed, "worst-group")
	for d := range draws {
		clear(hits)
		for _, rows := range strata {
			permuteHits(hits, rows, correct, at, r.IntN)
		}
		k := lowest(hits, size, least)
		draws[d] = overall - float64(hits[k])/float64(size[k])
	}
	var err error
	w.Null, err = nullOf(w.Gap, draws, o.Level)
	return w, err
}

// permuteHits deals the group numbers of one class's samples anew and counts the correct ones.
func permuteHits(hits []int, rows []int, correct []bool, at []int, intN func(int) int) {
	deck := make([]int, len(rows))
	for k, i := range rows {
		deck[k] = at[i]
	}
	for k, i := range rows {
		j := k + intN(len(deck)-k)
		deck[k], deck[j] = deck[j], deck[k]
		if correct[i] {
			hits[deck[k]]++
		}
	}
}

func lowest(hits, size []int, least int) int {
	worst, low := -1, math.Inf(1)
	for g, n := range size {
		if v := float64(hits[g]) / float64(n); n >= least && v < low {
			worst, low = g, v
		}
	}
	return worst
}

// byClass returns the samples of each class that occurs, classes in rising order.
func byClass(labels []int32) [][]int {
	names, at := numbered(labels)
	strata := make([][]int, len(names))
	for i, c := range at {
		strata[c] = append(strata[c], i)
	}
	return strata
}
