package infer

import (
	"fmt"
	"math"
	"slices"
)

// BH returns the Benjamini-Hochberg adjusted values q of p: rejecting q <= 0.05 keeps the false
// discovery rate at 5 % under independence or positive dependence (Benjamini & Hochberg 1995):
// q_(i) = min over j >= i of p_(j) m / j.
func BH(p []float64) ([]float64, error) { return stepUp(p, 1) }

// BY returns the adjusted values that hold under any dependence: those of BH times the sum of
// 1/i for i = 1..m (Benjamini & Yekutieli 2001).
func BY(p []float64) ([]float64, error) {
	var c float64
	for i := len(p); i > 0; i-- {
		c += 1 / float64(i)
	}
	return stepUp(p, c)
}

func stepUp(p []float64, factor float64) ([]float64, error) {
	if err := checkP(p); err != nil {
		return nil, err
	}
	order := ascending(p)
	q := make([]float64, len(p))
	least, m := 1.0, float64(len(p))
	for j := len(order) - 1; j >= 0; j-- {
		i := order[j]
		least = math.Min(least, factor*p[i]*(m/float64(j+1)))
		q[i] = least
	}
	return q, nil
}

// Simes returns one p for "all of these nulls are true": the smallest p_(j) m / j (Simes 1986).
func Simes(p []float64) (float64, error) {
	if len(p) == 0 {
		return 0, fmt.Errorf("no p-values to combine: %w", ErrTooFew)
	}
	q, err := BH(p)
	if err != nil {
		return 0, err
	}
	return slices.Min(q), nil
}

// A Selection is the outcome of testing families of hypotheses.
type Selection struct {
	Simes    []float64   // p of each family
	FamilyQ  []float64   // BH over the families
	Selected []bool      // FamilyQ <= level
	Q        [][]float64 // per hypothesis; Q <= level exactly for those rejected in selected families
}

// SelectFamilies tests families of hypotheses (Benjamini & Bogomolov 2014): Simes per family, BH
// over the M families, then BH inside the R selected ones at level R/M. Q carries the factor
// M/R, so all hypotheses are compared with the one level. Empty families do not count.
func SelectFamilies(families [][]float64, level float64) (Selection, error) {
	if err := checkLevel(level); err != nil {
		return Selection{}, err
	}
	n := len(families)
	s := Selection{make([]float64, n), make([]float64, n), make([]bool, n), make([][]float64, n)}
	var at []int
	var simes []float64
	for i, p := range families {
		s.Simes[i], s.FamilyQ[i] = 1, 1
		q, err := BH(p)
		if err != nil {
			return Selection{}, fmt.Errorf("family %d: %w", i, err)
		}
		s.Q[i] = q
		if len(p) > 0 {
			s.Simes[i] = slices.Min(q)
			at, simes = append(at, i), append(simes, s.Simes[i])
		}
	}
	q, err := BH(simes)
	if err != nil {
		return Selection{}, err
	}
	r := 0
	for k, i := range at {
		s.FamilyQ[i] = q[k]
		if s.Selected[i] = q[k] <= level; s.Selected[i] {
			r++
		}
	}
	factor := float64(len(at)) / float64(max(r, 1))
	for i := range s.Q {
		for j, v := range s.Q[i] {
			// In a family that is not selected nothing is rejected.
			v = math.Min(1, v*factor)
			if !s.Selected[i] {
				v = math.Max(v, s.FamilyQ[i])
			}
			s.Q[i][j] = v
		}
	}
	return s, nil
}

// CauchyCombination returns one p for dependent p-values: T = mean tan((1/2-p) pi),
// p = 1/2 - atan(T)/pi (Liu & Xie 2020). A p of exactly 1 among d counts as 1-1/d, else it would
// silence all others (Liu et al. 2019).
func CauchyCombination(p []float64) (float64, error) {
	if len(p) == 0 {
		return 0, fmt.Errorf("no p-values to combine: %w", ErrTooFew)
	}
	if err := checkP(p); err != nil {
		return 0, err
	}
	if len(p) == 1 {
		return p[0], nil
	}
	var t float64
	d := float64(len(p))
	for _, v := range p {
		switch {
		case v == 0:
			return 0, nil
		case v == 1:
			v = 1 - 1/d
		}
		if v < 1e-15 {
			t += 1 / (v * math.Pi) / d
		} else {
			t += math.Tan((0.5-v)*math.Pi) / d
		}
	}
	if t > 1e15 {
		return 1 / (t * math.Pi), nil
	}
	return 0.5 - math.Atan(t)/math.Pi, nil
}

func checkP(p []float64) error {
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("p-value %d is %v, want 0 to 1: %w", i, v, ErrRange)
		}
	}
	return nil
}

// ascending returns the indices of v from the smallest value to the largest, ties in order.
func ascending(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case v[a] < v[b]:
			return -1
		case v[a] > v[b]:
			return 1
		}
		return 0
	})
	return order
}
