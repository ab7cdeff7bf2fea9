package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A cost is what one run takes, in seconds.
type cost struct{ wall, cpu float64 }

// A side is one of the programs that do the same work.
type side struct {
	name string
	run  func(times int) (cost, error) // of all times together
}

// A timing holds what each round of a side took.
type timing struct {
	name      string
	wall, cpu []float64
}

// pause lets the threads of the side before fall asleep: libraries leave them spinning for a while.
const pause = 20 * time.Millisecond

// interleave times all sides in turn, round after round, after one run of each that is not counted.
// Work shorter than least is repeated within a timing.
func interleave(ctx context.Context, rounds int, least time.Duration, sides []side) ([]timing, error) {
	out := make([]timing, len(sides))
	times := make([]int, len(sides))
	for i, s := range sides {
		c, err := s.run(1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		out[i].name = s.name
		times[i] = int(min(1000, math.Ceil(least.Seconds()/max(c.wall, 1e-6))))
	}
	for range rounds {
		for i, s := range sides {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			time.Sleep(pause)
			c, err := s.run(max(1, times[i]))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			n := float64(max(1, times[i]))
			out[i].wall, out[i].cpu = append(out[i].wall, c.wall/n), append(out[i].cpu, c.cpu/n)
		}
	}
	return out, nil
}

// own is a side in this process.
func own(f func() error) func(int) (cost, error) {
	return func(times int) (cost, error) {
		wall, cpu := time.Now(), cpuTime()
		for range times {
			if err := f(); err != nil {
				return cost{}, err
			}
		}
		return cost{time.Since(wall).Seconds(), (cpuTime() - cpu).Seconds()}, nil
	}
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// spread writes the median time with the smallest and the largest.
func (t timing) spread() string {
	unit, by := "s", 1.0
	if median(t.wall) < 1 {
		unit, by = "ms", 1e3
	}
	return fmt.Sprintf("%s (%s..%s) %s", digits(by*median(t.wall)), digits(by*slices.Min(t.wall)), digits(by*slices.Max(t.wall)), unit)
}

// digits writes three significant digits and no exponent.
func digits(v float64) string {
	if math.IsNaN(v) || v == 0 {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%.*f", max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), v)
}

// ratios are the ratios of medians of a to b, by wall clock and by processor time.
func ratios(a, b timing) (wall, cpu float64) {
	return median(a.wall) / median(b.wall), median(a.cpu) / median(b.cpu)
}

// difference is the largest difference relative to the largest value; NaN if they cannot be compared.
func difference(got, want []float64) float64 {
	if len(got) != len(want) || len(got) == 0 {
		return math.NaN()
	}
	var d, scale float64
	for i, w := range want {
		if math.IsNaN(got[i]) || math.IsNaN(w) {
			return math.NaN()
		}
		d, scale = max(d, math.Abs(got[i]-w)), max(scale, math.Abs(w))
	}
	return d / scale
}
