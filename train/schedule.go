package train

import (
	"errors"
	"fmt"
	"math"
)

// A Schedule gives the learning rate of each step. Like an Optimiser it is a value.
type Schedule interface {
	// Rate is the learning rate of a step, 0 for the first, of so many.
	Rate(step, steps int) float64
}

// Constant is the same rate for every step.
type Constant float64

// Rate is c.
func (c Constant) Rate(int, int) float64 { return float64(c) }

// Stairs multiplies the rate by Factor after every Every steps (PyTorch's StepLR).
type Stairs struct {
	Start  float64
	Every  int
	Factor float64 // 0.1 if 0
}

// Rate is that of the stair a step is on.
func (s Stairs) Rate(step, _ int) float64 {
	return s.Start * math.Pow(or(s.Factor, 0.1), float64(step/max(1, s.Every)))
}

// Cosine falls from Start to End along half a cosine (Loshchilov and Hutter 2017, eq. 5 without restarts).
type Cosine struct{ Start, End float64 }

// Rate is a point of the cosine.
func (s Cosine) Rate(step, steps int) float64 {
	return anneal(s.Start, s.End, float64(step), float64(steps))
}

// WarmUp raises the rate linearly to that of another schedule's first step, which then follows.
type WarmUp struct {
	Steps int
	From  float64 // the share of that rate to start at; 1/3 if 0
	Then  Schedule
}

// Rate is on the ramp or the other schedule's.
func (s WarmUp) Rate(step, steps int) float64 {
	rest := max(1, steps-s.Steps)
	if step >= s.Steps {
		return s.Then.Rate(step-s.Steps, rest)
	}
	from := or(s.From, 1.0/3)
	return s.Then.Rate(0, rest) * (from + (1-from)*float64(step)/float64(s.Steps))
}

// OneCycle rises to Top and falls far below its start, along cosines (Smith and Topin 2018, in PyTorch's form of
// two phases).
type OneCycle struct {
	Top  float64
	Rise float64 // share of the steps that it rises; 0.3 if 0
	From float64 // Top over the first rate; 25 if 0
	To   float64 // the first rate over the last; 1e4 if 0
}

// Rate is a point of the cycle.
func (s OneCycle) Rate(step, steps int) float64 {
	start := s.Top / or(s.From, 25)
	peak := or(s.Rise, 0.3)*float64(steps) - 1
	if at := float64(step); at > peak {
		return anneal(s.Top, start/or(s.To, 1e4), at-peak, float64(steps-1)-peak)
	}
	return anneal(start, s.Top, float64(step), peak)
}

// anneal goes from one value to another along half a cosine.
func anneal(from, to, at, of float64) float64 {
	if of <= 0 {
		return to
	}
	return to + (from-to)*(1+math.Cos(math.Pi*at/of))/2
}

// checkSchedule says whether all rates of a training are numbers that can be.
func checkSchedule(s Schedule, steps int) error {
	if s == nil {
		return errors.New("no schedule of the learning rate is given")
	}
	if w, ok := s.(WarmUp); ok && w.Then == nil {
		return errors.New("the warm-up has no schedule to lead to")
	}
	for i := range steps {
		if r := s.Rate(i, steps); !(r >= 0) || math.IsInf(r, 0) {
			return fmt.Errorf("the learning rate of step %d is %v, want a number of at least 0", i+1, r)
		}
	}
	return nil
}
