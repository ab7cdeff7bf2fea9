package dataset

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// labelNumbers finds out what an array of labels means: [n] of whole numbers are classes, [n, k] of 0
// and 1 a label matrix, or one-hot classes where each row has one; other whole numbers are label maps;
// floats are targets.
func (s *Set) labelNumbers(pieces []piece, classes []string, o Options) error {
	var parts []source
	unlabelled := ""
	for _, p := range pieces {
		if p.labels != nil {
			return fmt.Errorf("%s: labels are text here and numbers elsewhere", p.name)
		}
		if p.target == nil {
			unlabelled = p.name
			continue
		}
		if p.target.len() != p.n {
			return fmt.Errorf("%s: %d labels for %d samples", p.name, p.target.len(), p.n)
		}
		parts = append(parts, p.target)
	}
	y, err := join(s.Name, parts)
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	n := product(y.shape())
	switch {
	case n == 1 && o.Task == Regression && unlabelled == "":
		return s.regress(y, classes)
	case n == 1 && (!y.dtype().IsFloat() || o.Task == Classification):
		return s.labelVector(y, classes, pieces)
	case n == 1 && o.Task == "":
		values, err := column64(y)
		if err != nil {
			return err
		}
		if s.fewWhole(values, o) {
			return s.labelVector(y, classes, pieces)
		}
	case len(y.shape()) <= 1:
		binary, single, err := survey(y)
		if err != nil {
			return err
		}
		switch {
		case binary && n > 1 && single && o.Task != MultiLabel:
			s.Notes = append(s.Notes, "the labels are one-hot")
			return s.labelOneHot(y, classes, pieces)
		case binary && n > 1 && unlabelled == "":
			return s.labelMatrix(y, classes)
		}
	}
	if unlabelled != "" {
		return fmt.Errorf("%s: a part without labels; only classes can be missing", unlabelled)
	}
	if y.dtype().IsFloat() {
		return s.regress(y, classes)
	}
	s.maps = y
	s.Task = Task{Kind: Segmentation, Classes: classes}
	return nil
}

// chunks calls each with stretches of the source's samples, as float32.
func chunks(y source, each func(first int, t tensor.Tensor) error) error {
	const step = 1024
	for lo := 0; lo < y.len(); lo += step {
		indices := make([]int, 0, step)
		for i := lo; i < min(lo+step, y.len()); i++ {
			indices = append(indices, i)
		}
		t, err := gather(y, indices)
		if err != nil {
			return err
		}
		if err := each(lo, t); err != nil {
			return err
		}
	}
	return nil
}

// survey reports whether all values are 0 or 1, and whether every sample has exactly one 1.
func survey(y source) (binary, single bool, err error) {
	binary, single = true, true
	err = chunks(y, func(_ int, t tensor.Tensor) error {
		f, err := convert(t, tensor.Float32)
		if err != nil {
			return err
		}
		row := f.Len() / max(1, f.Dim(0))
		for i := range f.Dim(0) {
			ones := 0
			for _, v := range f.Float32s()[i*row : (i+1)*row] {
				binary = binary && (v == 0 || v == 1)
				if v == 1 {
					ones++
				}
			}
			single = single && ones == 1
		}
		return nil
	})
	return binary, single, err
}

func (s *Set) labelVector(y source, classes []string, pieces []piece) error {
	s.Labels = make([]int32, 0, y.len())
	err := chunks(y, func(_ int, t tensor.Tensor) error {
		l, err := convert(t, tensor.Int32)
		if err != nil {
			return fmt.Errorf("%s: labels: %w", s.Name, err)
		}
		s.Labels = append(s.Labels, tensor.Data[int32](l)...)
		return nil
	})
	if err != nil {
		return err
	}
	s.Labels = withoutLabels(s.Labels, pieces)
	s.renumber(classes)
	return s.classify(classes)
}

// withoutLabels puts -1 where a piece has no labels, as data from deployment have none.
func withoutLabels(labels []int32, pieces []piece) []int32 {
	var all []int32
	for _, p := range pieces {
		if p.target != nil {
			all, labels = append(all, labels[:p.n]...), labels[p.n:]
			continue
		}
		for range p.n {
			all = append(all, -1)
		}
	}
	return all
}

func (s *Set) labelOneHot(y source, classes []string, pieces []piece) error {
	s.Labels = make([]int32, y.len())
	k := product(y.shape())
	err := chunks(y, func(first int, t tensor.Tensor) error {
		f, err := convert(t, tensor.Float32)
		if err != nil {
			return err
		}
		for i, v := range f.Float32s() {
			if v == 1 {
				s.Labels[first+i/k] = int32(i % k)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(classes) == 0 {
		classes = numbered(k)
	}
	s.Labels = withoutLabels(s.Labels, pieces)
	s.renumber(classes)
	return s.classify(classes)
}

func numbered(k int) []string {
	all := make([]string, k)
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}

func (s *Set) labelMatrix(y source, classes []string) error {
	k := product(y.shape())
	if len(classes) == 0 {
		classes = numbered(k)
	}
	if len(classes) != k {
		return fmt.Errorf("%s: %d class names for %d columns of labels", s.Name, len(classes), k)
	}
	all := make([]uint8, 0, y.len()*k)
	err := chunks(y, func(_ int, t tensor.Tensor) error {
		b, err := convert(t, tensor.Uint8)
		if err == nil {
			all = append(all, tensor.Data[uint8](b)...)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Targets = tensor.Of(all, y.len(), k)
	s.Task = Task{Kind: MultiLabel, Classes: classes}
	return nil
}

func (s *Set) regress(y source, columns []string) error {
	k := product(y.shape())
	all := make([]float32, 0, y.len()*k)
	err := chunks(y, func(first int, t tensor.Tensor) error {
		f, err := convert(t, tensor.Float32)
		if err != nil {
			return err
		}
		if bad := notFinite(f); len(bad) > 0 {
			return fmt.Errorf("%s: sample %.80q has a label that is not finite", s.Name, s.IDs[first+bad[0]])
		}
		all = append(all, f.Float32s()...)
		return nil
	})
	if err != nil {
		return err
	}
	s.Targets = tensor.Of(all, y.len(), k)
	s.Task = Task{Kind: Regression, Classes: columns}
	return nil
}
