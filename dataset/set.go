package dataset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/stratascope/stratascope/tensor"
)

// A Set is data that is open: what is known of each sample, and the way to its values. Its fields are
// read only. It is safe for concurrent use.
type Set struct {
	Name   string // as the user gave it
	IDs    []string
	Keys   []uint64 // hashes of the ids
	Splits []Split
	Task   Task
	Labels []int32 // by sample, -1 for none; nil where the task has no single label a sample
	// Targets are what has no single integer a sample: float32 [n, k] of a regression, uint8 [n, k] of
	// a label matrix. They are invalid for classification; label maps are read by ReadTargets.
	Targets tensor.Tensor
	Groups  []Group
	// SplitMade says that the data had no split and 20 % were hashed into validation: which samples the
	// network has seen is then unknown.
	SplitMade bool
	Folders   bool     // the classes are the names of folders
	Notes     []string // what was assumed and left out, a sentence each

	numbers bool // the samples' labels are numbers, that of a class its place in Task.Classes
	inputs  []*input
	maps    source // label maps, nil without
	masks   source // a mask a sample, nil without
	prep    Preprocess
	options Options
	closers []io.Closer
}

// N returns the number of samples.
func (s *Set) N() int { return len(s.IDs) }

// Count returns the number of samples of a split.
func (s *Set) Count(split Split) int {
	n := 0
	for _, sp := range s.Splits {
		if sp == split {
			n++
		}
	}
	return n
}

// Unseen returns the split that stands for data the network has not seen: val, else test, else deploy;
// empty where there is none.
func (s *Set) Unseen() Split {
	for _, split := range []Split{Val, Test, Deploy} {
		if s.Count(split) > 0 {
			return split
		}
	}
	return ""
}

// Preprocess returns how stored samples become the network's input; its zero value is automatic.
func (s *Set) Preprocess() Preprocess { return s.prep }

// Labelled reports whether the samples have labels or targets.
func (s *Set) Labelled() bool { return s.Labels != nil || s.Targets.Valid() || s.maps != nil }

// Label returns what the data write for a class: its number where labels are numbers, else its name.
func (s *Set) Label(class int) string {
	if s.numbers || class >= len(s.Task.Classes) {
		return strconv.Itoa(class)
	}
	return s.Task.Classes[class]
}

// Group returns the group of that name, nil where there is none.
func (s *Set) Group(name string) *Group {
	for i := range s.Groups {
		if s.Groups[i].Name == name {
			return &s.Groups[i]
		}
	}
	return nil
}

// ReadTargets returns the targets of the samples named: rows of Targets, or label maps, int32 with -1
// where a position has no label.
func (s *Set) ReadTargets(indices []int) (tensor.Tensor, error) {
	switch {
	case s.maps != nil:
		t, err := gather(s.maps, indices)
		if err != nil {
			return t, err
		}
		return toLabels(t)
	case s.Targets.DType() == tensor.Float32:
		return pick[float32](s.Targets, indices), nil
	case s.Targets.DType() == tensor.Uint8:
		return pick[uint8](s.Targets, indices), nil
	}
	return tensor.Tensor{}, errors.New("the samples have no targets")
}

// HasMasks reports whether the samples have masks.
func (s *Set) HasMasks() bool { return s.masks != nil }

// ReadMasks returns the masks of the samples named, as bool: true where a position counts.
func (s *Set) ReadMasks(indices []int) (tensor.Tensor, error) {
	if s.masks == nil {
		return tensor.Tensor{}, errors.New("the samples have no masks")
	}
	t, err := gather(s.masks, indices)
	if err != nil {
		return t, err
	}
	return convert(t, tensor.Bool)
}

// RawHash returns the SHA-256 of a sample as it is stored, before any preprocessing: the bytes of its
// image file, or of its values with their type and shape. Equal samples of one data set have equal hashes.
func (s *Set) RawHash(i int) ([32]byte, error) {
	if i < 0 || i >= s.N() {
		return [32]byte{}, fmt.Errorf("sample %d of %d", i, s.N())
	}
	var b []byte
	for _, in := range s.inputs {
		if in.source == nil {
			continue
		}
		var err error
		if b, err = in.source.raw(b, i); err != nil {
			return [32]byte{}, fmt.Errorf("sample %s: %w", s.IDs[i], err)
		}
	}
	return sha256.Sum256(b), nil
}

// Close closes the files of the set. Sets made by With share them and are closed with it.
func (s *Set) Close() error {
	var err error
	for _, c := range s.closers {
		err = errors.Join(err, c.Close())
	}
	s.closers = nil
	return err
}

func pick[T tensor.Element](t tensor.Tensor, indices []int) tensor.Tensor {
	row := t.Len() / max(1, t.Dim(0))
	all := tensor.Data[T](t)
	out := make([]T, 0, len(indices)*row)
	for _, i := range indices {
		out = append(out, all[i*row:(i+1)*row]...)
	}
	return tensor.Of(out, append([]int{len(indices)}, t.Shape()[1:]...)...)
}
