package clusters

import (
	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/cosine"
)

// A sample is the rows of a layer that are parted.
type sample struct {
	x       capture.Matrix
	at      []int // rows of the view
	hashes  []uint64
	classes []int // nil without labels
	groups  []int // of the jackknife
	present int   // classes among them
}

// sampled chooses the rows: those that have a label, if there are labels, and are finite.
func sampled(e statistic.Env, t capture.Table) (*sample, error) {
	all := e.Samples()
	labelled := all.Labels != nil && e.Case.Classes > 1
	var rows []int
	for i := range t.N {
		if !labelled || all.Labels[i] >= 0 && int(all.Labels[i]) < e.Case.Classes {
			rows = append(rows, i)
		}
	}
	s := &sample{}
	x, at, err := cosine.Sample(t.Select(rows), pick(all.Hashes, rows))
	if err != nil {
		return nil, err
	}
	s.x, s.at = x, pick(rows, at)
	s.hashes, s.groups = pick(all.Hashes, s.at), cosine.Groups(e, "clusters", s.at)
	if !labelled {
		return s, nil
	}
	seen := map[int]bool{}
	for _, row := range s.at {
		c := int(all.Labels[row])
		s.classes, seen[c] = append(s.classes, c), true
	}
	s.present = len(seen)
	return s, nil
}

// positions are the sample's values at one position of each, where they were kept and are finite, else as they
// are parted.
func positions(e statistic.Env, s *sample) (capture.Matrix, error) {
	v := e.Key.View
	v.Reduce = capture.Spot
	t, err := e.Case.Source.Table(v, e.Key.A)
	if err != nil {
		return s.x, nil // the source does not offer single positions
	}
	t = t.Select(s.at)
	finite, err := t.Finite()
	if err != nil || len(finite) < len(s.at) {
		return s.x, err
	}
	return t.Matrix()
}

func pick[T any](from []T, at []int) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = from[i]
	}
	return out
}
