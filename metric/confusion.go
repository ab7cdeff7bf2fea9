package metric

import (
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// A Rate is a share as counts, so that an undefined one stays visible.
type Rate struct{ Hits, Of int }

// Value returns Hits/Of; it is an error when there is nothing to count.
func (r Rate) Value() (float64, error) {
	if r.Of <= 0 {
		return 0, fmt.Errorf("rate of no samples: %w", infer.ErrTooFew)
	}
	return float64(r.Hits) / float64(r.Of), nil
}

// Wilson returns the score interval of the rate.
func (r Rate) Wilson(level float64) (infer.Interval, error) { return infer.Wilson(r.Hits, r.Of, level) }

// Accuracy returns the share of predictions that equal the label.
func Accuracy(labels, predicted []int32) (Rate, error) {
	if err := sameLength("predictions", len(labels), len(predicted)); err != nil {
		return Rate{}, err
	}
	r := Rate{Of: len(labels)}
	for i, c := range labels {
		if predicted[i] == c {
			r.Hits++
		}
	}
	return r, nil
}

// Correct returns for each sample whether the prediction equals the label.
func Correct(labels, predicted []int32) ([]bool, error) {
	if err := sameLength("predictions", len(labels), len(predicted)); err != nil {
		return nil, err
	}
	ok := make([]bool, len(labels))
	for i, c := range labels {
		ok[i] = predicted[i] == c
	}
	return ok, nil
}

// Confusion counts labels, its rows, against predictions, its columns.
type Confusion struct {
	Classes int
	Count   []int // [label][prediction]
}

// NewConfusion counts samples of the given number of classes.
func NewConfusion(labels, predicted []int32, classes int) (*Confusion, error) {
	if err := sameLength("predictions", len(labels), len(predicted)); err != nil {
		return nil, err
	}
	if err := checkClasses("label", labels, classes); err != nil {
		return nil, err
	}
	if err := checkClasses("prediction", predicted, classes); err != nil {
		return nil, err
	}
	c := &Confusion{classes, make([]int, classes*classes)}
	for i, l := range labels {
		c.Count[int(l)*classes+int(predicted[i])]++
	}
	return c, nil
}

// Merge adds the counts of other samples.
func (c *Confusion) Merge(o *Confusion) error {
	if c.Classes != o.Classes {
		return fmt.Errorf("confusion of %d classes and of %d: %w", c.Classes, o.Classes, infer.ErrRange)
	}
	for i, n := range o.Count {
		c.Count[i] += n
	}
	return nil
}

// At returns how many samples of a label got a prediction.
func (c *Confusion) At(label, predicted int) int { return c.Count[label*c.Classes+predicted] }

// ClassScore is one class against the rest. F1 is 2 TP / (2 TP + FP + FN) as counts.
type ClassScore struct{ Precision, Recall, F1 Rate }

// Support returns how many samples carry the label.
func (s ClassScore) Support() int { return s.Recall.Of }

// PerClass returns precision, recall and F1 of every class.
func (c *Confusion) PerClass() []ClassScore {
	s := make([]ClassScore, c.Classes)
	for l := range c.Classes {
		hit := c.At(l, l)
		s[l].Precision.Hits, s[l].Recall.Hits = hit, hit
		for p := range c.Classes {
			s[l].Recall.Of += c.At(l, p)
			s[l].Precision.Of += c.At(p, l)
		}
		s[l].F1 = Rate{2 * hit, s[l].Recall.Of + s[l].Precision.Of}
	}
	return s
}

// MacroF1 returns the unweighted mean F1 of the classes that occur as label or prediction.
func (c *Confusion) MacroF1() (float64, error) {
	var s float64
	n := 0
	for _, class := range c.PerClass() {
		if v, err := class.F1.Value(); err == nil {
			s += v
			n++
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("no class occurs: %w", infer.ErrTooFew)
	}
	return s / float64(n), nil
}
