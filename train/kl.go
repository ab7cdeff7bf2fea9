package train

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/op"
)

// KL is T^2 KL(softmax(target / T) || softmax(value / T)), both holding logits, averaged over samples and
// positions: what a student learns of its teacher (Hinton et al. 2015, section 2).
type KL struct {
	Temperature float64 // 1 if 0
	Axis        int     // where the classes stand; 1 if 0, -1 is the last
}

func (l KL) wants() (none, classes, floats bool) { return false, false, true }
func (l KL) axis() int                           { return or(l.Axis, 1) }

func (l KL) check([]int) error {
	if !(l.Temperature >= 0) || math.IsInf(l.Temperature, 0) {
		return fmt.Errorf("a temperature of %v, want a number above 0", l.Temperature)
	}
	return nil
}

func (l KL) nodes(s *sketch, value, target string, _ bool) string {
	heat := or(l.Temperature, 1)
	axis := op.Attributes{"axis": int64(l.axis())}
	student := s.with("LogSoftmax", axis, s.scaled(value, 1/heat))
	teacher := s.with("LogSoftmax", axis, s.scaled(target, 1/heat))
	apart := s.op("Mul", s.op("Exp", teacher), s.op("Sub", teacher, student))
	return s.scaled(s.mean(s.sum(apart, int64(l.axis()))), heat*heat)
}
