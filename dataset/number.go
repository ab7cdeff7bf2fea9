package dataset

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/tensor"
)

// renumber gives labels that are numbers the places of these numbers in a list of classes, if it lists
// them; other names are those of the numbers themselves.
func (s *Set) renumber(classes []string) {
	place := map[string]int32{}
	for i, c := range classes {
		place[c] = int32(i)
	}
	out := slices.Clone(s.Labels)
	for i, l := range s.Labels {
		if l < 0 {
			continue
		}
		p, ok := place[strconv.Itoa(int(l))]
		if !ok {
			s.numbers = true
			return
		}
		out[i] = p
	}
	s.Labels = out
}

// counted compares labels with the network's outputs, which are numbered from 0. Labels 1 to 10 for 10
// outputs are a mistake that can be named.
func (s *Set) counted(o Options) error {
	if s.Task.Kind != Classification || o.Outputs == 0 {
		return nil
	}
	low, high := int32(math.MaxInt32), int32(-1)
	for _, l := range s.Labels {
		if l >= 0 {
			low, high = min(low, l), max(high, l)
		}
	}
	switch n := o.Outputs; {
	case int(high) < n:
		return nil
	case !s.numbers:
		return problem([]string{"Name those it knows, in the order of its outputs, a line each: --classes classes.txt."},
			"%s: %d classes, %s has %d outputs.", s.Name, len(s.Task.Classes), o.model(), n)
	case low == 1 && int(high) == n:
		return problem([]string{fmt.Sprintf("Write the numbers 1 to %d to classes.txt, a line each, and use it: --classes classes.txt.", n)},
			"%s: the labels are 1 to %d, the outputs of %s 0 to %d: off by one.", s.Name, n, o.model(), n-1)
	default:
		return problem([]string{"Write the numbers in the order of the outputs to classes.txt, a line each, and use it: --classes classes.txt."},
			"%s: the labels are %d to %d, the outputs of %s 0 to %d.", s.Name, low, high, o.model(), n-1)
	}
}

// fewWhole reports whether labels of a floating type are classes: whole numbers that a network's outputs
// can be numbered by, from 0 or from 1. NaN is no label. What was assumed is noted.
func (s *Set) fewWhole(values []float64, o Options) bool {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v != v {
			continue
		}
		if v != math.Trunc(v) || math.IsInf(v, 0) {
			return false
		}
		low, high = min(low, v), max(high, v)
	}
	n := float64(o.Outputs)
	if low >= -1 && (high < n || high == n && low == 1) && high >= 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("the labels are whole numbers of a floating type, taken as classes, since %s has %d outputs", o.model(), o.Outputs))
		return true
	}
	if high-low < maxLevels {
		s.Notes = append(s.Notes, "the labels are whole numbers of a floating type, taken as values to be predicted; as classes they are of a whole type")
	}
	return false
}

// maxLevels is up to how many whole values a target may look like classes.
const maxLevels = 1000

// column64 reads one number a sample.
func column64(y source) ([]float64, error) {
	var all []float64
	err := chunks(y, func(_ int, t tensor.Tensor) error {
		f, err := convert(t, tensor.Float64)
		if err == nil {
			all = append(all, f.Float64s()...)
		}
		return err
	})
	return all, err
}
