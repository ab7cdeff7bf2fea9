package dataset

import (
	"cmp"
	"slices"
)

// The bounds of the default sample size (METHODS 2).
const (
	perClass   = 20
	minSamples = 2048
	maxSamples = 20000
)

// SampleSize returns how many samples of a split are read by default: 20 a class, at least 2,048 and
// at most 20,000, and no more than there are.
func (s *Set) SampleSize(split Split) int {
	classes := 0
	if s.Task.Kind == Classification {
		classes = len(s.Task.Classes)
	}
	return min(max(minSamples, min(perClass*classes, maxSamples)), s.Count(split))
}

// Choose returns n samples of a split, or all where there are fewer: in each class those with the
// smallest keys, the classes in proportion to their sizes. They come in the order of their keys, so
// that any stretch of them mixes the classes. The choice depends on ids and labels only.
func (s *Set) Choose(split Split, n int) []int {
	var all []int
	for i, sp := range s.Splits {
		if sp == split {
			all = append(all, i)
		}
	}
	s.byKey(all)
	if n >= len(all) {
		return all
	}
	if n <= 0 {
		return nil
	}
	if s.Task.Kind != Classification || len(s.Labels) == 0 {
		return all[:n]
	}
	return s.stratified(all, n)
}

func (s *Set) byKey(indices []int) {
	slices.SortFunc(indices, func(a, b int) int {
		if c := cmp.Compare(s.Keys[a], s.Keys[b]); c != 0 {
			return c
		}
		return cmp.Compare(s.IDs[a], s.IDs[b])
	})
}

// stratified takes from each class its share of n, rounded by largest remainder.
func (s *Set) stratified(sorted []int, n int) []int {
	sizes := map[int32]int{}
	var labels []int32
	for _, i := range sorted {
		if sizes[s.Labels[i]] == 0 {
			labels = append(labels, s.Labels[i])
		}
		sizes[s.Labels[i]]++
	}
	slices.Sort(labels)
	quota := make(map[int32]int, len(labels))
	left := n
	for _, l := range labels {
		quota[l] = sizes[l] * n / len(sorted)
		left -= quota[l]
	}
	slices.SortStableFunc(labels, func(a, b int32) int {
		return cmp.Compare(sizes[b]*n%len(sorted), sizes[a]*n%len(sorted))
	})
	for _, l := range labels[:left] {
		quota[l]++
	}
	chosen := make([]int, 0, n)
	for _, i := range sorted {
		if l := s.Labels[i]; quota[l] > 0 {
			quota[l]--
			chosen = append(chosen, i)
		}
	}
	return chosen
}
