package dataset

import (
	"fmt"
	"slices"
	"strconv"
)

// valShare is the share of samples that is hashed into validation where the data have no split.
const valShare = 0.2

// divide settles the split of every sample: what the data say, else what --seen says, else a hash.
func (s *Set) divide(pieces []piece, o Options) error {
	known := false
	for _, p := range pieces {
		for i := range p.n {
			split := p.split
			if p.splits != nil {
				split = p.splits[i]
			}
			known = known || split != ""
			s.Splits = append(s.Splits, split)
		}
	}
	switch {
	case o.Seen != "":
		return s.divideBySeen(o)
	case known:
		for i, split := range s.Splits {
			if split == "" {
				return fmt.Errorf("%s: sample %.80q has no split, others have one", s.Name, s.IDs[i])
			}
		}
		return nil
	}
	s.SplitMade = true
	for i, id := range s.IDs {
		s.Splits[i] = Train
		if hashedInto(id, valShare) {
			s.Splits[i] = Val
		}
	}
	return nil
}

// divideBySeen makes the samples that a file names train and, of the rest, those that were called
// train or nothing val.
func (s *Set) divideBySeen(o Options) error {
	t, err := readTable(o.Seen)
	if err != nil {
		return err
	}
	ids, ok := t.Column("id")
	if !ok {
		ids = t.First()
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	n := 0
	for i, id := range s.IDs {
		switch {
		case seen[id]:
			s.Splits[i] = Train
			n++
		case s.Splits[i] == "" || s.Splits[i] == Train:
			s.Splits[i] = Val
		}
	}
	if n == 0 {
		return fmt.Errorf("%s: none of its %d ids is a sample of %s, whose ids look like %.80q", o.Seen, len(ids), s.Name, s.IDs[0])
	}
	return nil
}

// gatherGroups collects the attributes of the pieces and those of a file of groups.
func (s *Set) gatherGroups(pieces []piece, o Options) error {
	var names []string
	values := map[string][]string{}
	offset := 0
	for _, p := range pieces {
		for _, g := range p.groups {
			if values[g.name] == nil {
				values[g.name] = make([]string, s.N())
				names = append(names, g.name)
			}
			copy(values[g.name][offset:], g.values)
		}
		offset += p.n
	}
	if o.Groups != "" {
		extra, err := s.attached(o.Groups)
		if err != nil {
			return err
		}
		for _, g := range extra {
			if g.name == "label" || g.name == "split" {
				continue
			}
			g.name = groupName(g.name)
			if values[g.name] == nil {
				names = append(names, g.name)
			}
			values[g.name] = g.values
		}
	}
	for _, name := range names {
		s.Groups = append(s.Groups, newGroup(name, values[name]))
	}
	return nil
}

// newGroup numbers the values of an attribute; empty ones are unknown.
func newGroup(name string, values []string) Group {
	g := Group{Name: name, Values: make([]int32, len(values))}
	g.Categories = names(values)
	number := map[string]int32{}
	for i, c := range g.Categories {
		number[c] = int32(i)
	}
	for i, v := range values {
		g.Values[i] = -1
		if v != "" {
			g.Values[i] = number[v]
		}
	}
	return g
}

// names returns the different texts that are not empty: by number where all are whole numbers, else
// by bytes, as frameworks sort class folders.
func names(values []string) []string {
	all := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(values))), func(v string) bool { return v == "" })
	for _, v := range all {
		if _, err := strconv.Atoi(v); err != nil {
			return all
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return all
}
