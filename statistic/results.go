package statistic

import (
	"maps"
	"slices"
)

// Results holds what was computed, and why the rest was not.
type Results struct {
	done    map[Key]any
	missing map[Key]error    // a key that could not be computed
	absent  map[string]error // a statistic that has no keys at all
}

// NewResults returns empty results.
func NewResults() *Results {
	return &Results{done: map[Key]any{}, missing: map[Key]error{}, absent: map[string]error{}}
}

// Keys returns the keys of finished results of a statistic, in order.
func (r *Results) Keys(s Any) []Key {
	name, _ := s.identity()
	var out []Key
	for _, k := range slices.SortedFunc(maps.Keys(r.done), Key.Compare) {
		if k.Statistic == name {
			out = append(out, k)
		}
	}
	return out
}

// Put stores a finished state, for tests of detectors.
func Put[A State[A]](r *Results, s *Live[A], k Key, a A) {
	k.Statistic, k.Version = s.Name, s.Version
	r.done[k] = a
}

// PutReplay stores a finished result, for tests of detectors.
func PutReplay[A any](r *Results, s *Replay[A], k Key, a A) {
	k.Statistic, k.Version = s.Name, s.Version
	r.done[k] = a
}
