package dataset

import (
	"fmt"
	"io"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// A piece is what one file or folder, or one split of it, offers before it is put together.
type piece struct {
	name    string // for messages
	split   Split  // of all its samples; empty if unknown
	n       int
	sources map[string]source // x, or the network's inputs by name; mask
	ids     []string          // nil: numbered
	splits  []Split           // nil: split
	labels  []string          // as text
	classes []string          // of text labels, if the form knows them: the names of folders
	target  source            // labels as numbers, nil where there are none or they are text
	groups  []column
	flat    bool // images in one folder, for a message
}

// A column is an attribute of the samples as text.
type column struct {
	name   string
	values []string
}

// assemble puts pieces together into a set.
func assemble(name string, pieces []piece, closers []io.Closer, o Options) (*Set, error) {
	s := &Set{Name: name, closers: closers}
	if err := s.build(pieces, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Set) build(pieces []piece, o Options) error {
	pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.n == 0 })
	if len(pieces) == 0 {
		return fmt.Errorf("%s: no samples", s.Name)
	}
	if err := s.identify(pieces); err != nil {
		return err
	}
	if err := s.divide(pieces, o); err != nil {
		return err
	}
	if err := s.gatherGroups(pieces, o); err != nil {
		return err
	}
	have, err := s.collect(pieces)
	if err != nil {
		return err
	}
	if err := s.label(pieces, o); err != nil {
		return err
	}
	if err := s.connect(have, o); err != nil {
		return err
	}
	if s.Task.Kind == NoTask && s.isText() {
		s.Task.Kind = LanguageModel
	}
	return s.bind(o)
}

// isText reports whether the network reads token ids.
func (s *Set) isText() bool {
	for _, in := range s.inputs {
		if (in.Name == "input_ids" || in.Name == "tokens") && in.DType != tensor.Invalid && !in.DType.IsFloat() {
			return true
		}
	}
	return false
}

// identify gives every sample an id that no other has. Ids that two splits share are told apart by
// the split; within a piece they are an error.
func (s *Set) identify(pieces []piece) error {
	shared := false
	all := map[string]bool{}
	for _, p := range pieces {
		own := make(map[string]int, len(p.ids))
		for i, id := range p.ids {
			if id == "" {
				return fmt.Errorf("%s: sample %d has an empty id", p.name, i)
			}
			if j, twice := own[id]; twice {
				return fmt.Errorf("%s: samples %d and %d have the same id %.80q", p.name, j, i, id)
			}
			own[id] = i
			shared = shared || all[id]
		}
		for id := range own {
			all[id] = true
		}
	}
	offset := 0
	for _, p := range pieces {
		for i := range p.n {
			s.IDs = append(s.IDs, p.id(i, offset, shared))
		}
		if p.split == "" {
			offset += p.n
		}
	}
	s.Keys = make([]uint64, len(s.IDs))
	seen := make(map[string]bool, len(s.IDs))
	for i, id := range s.IDs {
		s.Keys[i] = Key(id)
		if seen[id] {
			return fmt.Errorf("%s: two samples have the same id %.80q", s.Name, id)
		}
		seen[id] = true
	}
	return nil
}

// id returns the id of a sample: the data's own, or its number within its split.
func (p piece) id(i, offset int, shared bool) string {
	switch {
	case p.ids != nil && shared && p.split != "":
		return string(p.split) + "/" + p.ids[i]
	case p.ids != nil:
		return p.ids[i]
	case p.split != "":
		return fmt.Sprintf("%s/%04d", p.split, i)
	}
	return fmt.Sprintf("%04d", i+offset)
}

// collect joins the sources of the pieces by name and takes the masks out.
func (s *Set) collect(pieces []piece) (found, error) {
	have := found{}
	for name := range pieces[0].sources {
		var parts []source
		for _, p := range pieces {
			src := p.sources[name]
			if src == nil {
				return nil, fmt.Errorf("%s: no %s, which %s has", p.name, name, pieces[0].name)
			}
			if src.len() != p.n {
				return nil, fmt.Errorf("%s: %s has %d samples, want %d", p.name, name, src.len(), p.n)
			}
			parts = append(parts, src)
		}
		all, err := join(s.Name, parts)
		if err != nil {
			return nil, err
		}
		have[name] = all
	}
	s.masks = have["mask"]
	if s.masks == nil {
		s.masks = have["attention_mask"]
	}
	return have, nil
}
