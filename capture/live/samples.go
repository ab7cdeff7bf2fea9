package live

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/tensor"
)

// Trial is the number of samples shown under another preprocessing (METHODS 14, DAT-01).
const Trial = 256

// Samples are the samples of a data set that were chosen to be read: the Data of a Source.
type Samples struct {
	set    *dataset.Set
	chosen map[dataset.Split][]int
	others []dataset.Preprocess

	mu   sync.Mutex
	sets map[int]*dataset.Set // by alternative
}

// Choose chooses samples of every split: n of each, or the default number if n is 0. The alternatives
// are other ways to preprocess the data, which DAT-01 tries.
func Choose(set *dataset.Set, n int, alternatives []dataset.Preprocess) *Samples {
	s := &Samples{set: set, chosen: map[dataset.Split][]int{}, others: alternatives, sets: map[int]*dataset.Set{}}
	for _, split := range dataset.Splits() {
		size := n
		if size <= 0 {
			size = set.SampleSize(split)
		}
		if c := set.Choose(split, size); len(c) > 0 {
			s.chosen[split] = c
		}
	}
	return s
}

// Splits returns the splits that hold samples, in their usual order.
func (s *Samples) Splits() []dataset.Split {
	var out []dataset.Split
	for _, split := range dataset.Splits() {
		if len(s.chosen[split]) > 0 {
			out = append(out, split)
		}
	}
	return out
}

// Alternative returns the preprocessing of a level of the condition Preprocessed.
func (s *Samples) Alternative(level int) (dataset.Preprocess, bool) {
	if level < 1 || level > len(s.others) {
		return dataset.Preprocess{}, false
	}
	return s.others[level-1], true
}

// Alternatives names the other preprocessings there are to try.
func (s *Samples) Alternatives() []string {
	var out []string
	for _, p := range s.others {
		out = append(out, p.Name)
	}
	return out
}

func (s *Samples) rows(v capture.View) []int {
	c := s.chosen[v.Split]
	if v.Condition.Name == capture.Preprocessed {
		return c[:min(len(c), Trial)]
	}
	return c
}

// Samples returns the samples a view reads.
func (s *Samples) Samples(v capture.View) capture.Samples {
	out := capture.Samples{Groups: map[string][]int32{}, Names: map[string][]string{}}
	rows := s.rows(v)
	for _, i := range rows {
		out.IDs = append(out.IDs, s.set.IDs[i])
		out.Hashes = append(out.Hashes, s.set.Keys[i])
		if s.set.Labels != nil {
			out.Labels = append(out.Labels, s.set.Labels[i])
		}
	}
	for _, g := range s.set.Groups {
		values := make([]int32, len(rows))
		for k, i := range rows {
			values[k] = g.Values[i]
		}
		out.Groups[g.Name], out.Names[g.Name] = values, g.Categories
	}
	return out
}

// Fingerprint returns the hash of a view's sample as it is stored.
func (s *Samples) Fingerprint(v capture.View, row int) ([32]byte, error) {
	return s.set.RawHash(s.rows(v)[row])
}

// Total returns how many samples of a split there are.
func (s *Samples) Total(split dataset.Split) int { return s.set.Count(split) }

// Offers returns nil if samples can be shown under a view's condition.
func (s *Samples) Offers(v capture.View) error {
	switch {
	case len(s.chosen[v.Split]) == 0:
		return &capture.Unavailable{Code: "no-samples", Why: fmt.Sprintf("there are no %s samples", v.Split)}
	case v.Condition == capture.Condition{}:
		return nil
	case v.Condition.Name == capture.Preprocessed:
		_, err := s.shown(v)
		return err
	}
	return &capture.Unavailable{Code: "no-condition", Why: fmt.Sprintf("samples cannot be shown under %q", v.Condition.Name)}
}

// shown returns the data set as a view shows it.
func (s *Samples) shown(v capture.View) (*dataset.Set, error) {
	if v.Condition == (capture.Condition{}) {
		return s.set, nil
	}
	p, ok := s.Alternative(v.Condition.Level)
	if !ok {
		return nil, &capture.Unavailable{Code: "no-condition", Why: "there is no preprocessing " + strconv.Itoa(v.Condition.Level)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if set, ok := s.sets[v.Condition.Level]; ok {
		return set, nil
	}
	set, err := s.set.With(p)
	if err != nil {
		return nil, &capture.Unavailable{Code: "no-condition", Why: err.Error()}
	}
	s.sets[v.Condition.Level] = set
	return set, nil
}

// Read returns the inputs of rows lo to hi of a view. Samples whose input is not finite are shown all the
// same: rules find them in the values.
func (s *Samples) Read(ctx context.Context, v capture.View, lo, hi int) (map[string]tensor.Tensor, error) {
	set, err := s.shown(v)
	if err != nil {
		return nil, err
	}
	b, err := set.Read(ctx, s.rows(v)[lo:hi], nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.TrimSpace(s.set.Name), err)
	}
	return b.Inputs, nil
}
