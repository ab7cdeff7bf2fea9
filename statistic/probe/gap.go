package probe

import (
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// AccuracyOn returns the share of right answers on the rows that in accepts, and how many these are.
func (s Score) AccuracyOn(in func(row int) bool) (share float64, n int) {
	right := 0
	for i, row := range s.Rows {
		if in(row) {
			n++
			if s.Right[i] {
				right++
			}
		}
	}
	if n == 0 {
		return 0, 0
	}
	return float64(right) / float64(n), n
}

// A Gap is how much more often first answers are right than second ones, on the same samples.
type Gap struct {
	First, Second float64 // shares of right answers
	Value         float64 // First - Second
	Low, High     float64 // 90 % interval (Tango 1998)
	P             float64 // of a gap of at most the floor
	N             int
}

// GapOf compares answers sample by sample.
func GapOf(first, second []bool, floor float64) (Gap, error) {
	table, err := infer.Pair(first, second)
	if err != nil {
		return Gap{}, err
	}
	g := Gap{N: table.N()}
	if g.Value, err = table.Difference(); err != nil {
		return Gap{}, statistic.Unavailable("too-few-samples", "no sample is left to compare on")
	}
	ci, err := infer.Tango(table, 0.9)
	if err != nil {
		return Gap{}, err
	}
	if g.P, err = infer.TangoGreater(table, floor); err != nil {
		return Gap{}, err
	}
	n := float64(g.N)
	g.First, g.Second = float64(table.Both+table.OnlyFirst)/n, float64(table.Both+table.OnlySecond)/n
	g.Low, g.High = ci.Low, ci.High
	return g, nil
}
