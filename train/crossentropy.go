package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// CrossEntropy is -log p of the right class, p being the softmax of a value that holds logits (or
// log-probabilities, which it leaves as they are), averaged over samples and positions as PyTorch does it.
// Targets are classes, or a probability for each.
type CrossEntropy struct {
	Smoothing float64   // the share of the target that is spread over all classes (Szegedy et al. 2016, section 7)
	Classes   []float64 // what each class weighs; nil is 1
	Axis      int       // where the classes stand; 1 if 0, -1 is the last
}

func (l CrossEntropy) wants() (none, classes, floats bool) { return false, true, true }
func (l CrossEntropy) axis() int                           { return or(l.Axis, 1) }

func (l CrossEntropy) check(shape []int) error {
	if !(l.Smoothing >= 0 && l.Smoothing <= 1) {
		return fmt.Errorf("a label smoothing of %v, want 0 to 1", l.Smoothing)
	}
	rank := len(shape)
	if n := shape[(l.axis()+rank)%rank]; l.Classes != nil && len(l.Classes) != n {
		return fmt.Errorf("%d classes are weighed, want %d", len(l.Classes), n)
	}
	sum := 0.0
	for _, w := range l.Classes {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("a class that weighs %v, want a number of at least 0", w)
		}
		sum += w
	}
	if l.Classes != nil && sum == 0 {
		return errors.New("no class weighs anything")
	}
	return nil
}

func (l CrossEntropy) nodes(s *sketch, value, target string, soft bool) string {
	axis, rank := int64(l.axis()), int64(len(s.shapes[value]))
	logs := s.with("LogSoftmax", op.Attributes{"axis": axis}, value)
	weighed, weights := logs, "" // the logarithms times what classes weigh
	if n := len(l.Classes); n > 0 {
		shape := []int{n}
		for range int(rank - 1 - (axis+rank)%rank) {
			shape = append(shape, 1)
		}
		w := cast[float32](l.Classes, shape)
		weights = s.constant(w.Reshape(n))
		weighed = s.op("Mul", logs, s.constant(w))
	}
	if soft {
		return s.smoothed(l.Smoothing, s.op("Neg", s.mean(s.sum(s.op("Mul", weighed, target), axis))), func() string {
			return s.op("Neg", s.mean(s.mean(weighed, axis)))
		})
	}
	known := s.with("Cast", op.Attributes{"to": int64(1)}, s.op("GreaterOrEqual", target, s.constant(tensor.Scalar(int64(0)))))
	label := s.op("Max", target, s.constant(tensor.Scalar(int64(0))))
	mass := known
	if weights != "" {
		mass = s.op("Mul", known, s.op("Gather", weights, label))
	}
	picked := s.op("Squeeze", s.with("GatherElements", op.Attributes{"axis": axis}, logs, s.op("Unsqueeze", label, s.ints(axis))), s.ints(axis))
	all := s.sum(mass)
	hard := s.op("Neg", s.op("Div", s.sum(s.op("Mul", picked, mass)), all))
	return s.smoothed(l.Smoothing, hard, func() string {
		return s.op("Neg", s.op("Div", s.sum(s.op("Mul", s.mean(weighed, axis), known)), all))
	})
}

// smoothed mixes a loss with that of a target spread over all classes.
func (s *sketch) smoothed(share float64, loss string, spread func() string) string {
	if share == 0 {
		return loss
	}
	return s.op("Add", s.scaled(loss, 1-share), s.scaled(spread(), share))
}
