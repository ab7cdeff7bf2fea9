package infer

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// NormalQuantile returns the p quantile of the standard normal distribution; it is infinite at
// 0 and 1.
func NormalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// NormalTail returns P(Z >= z) of the standard normal distribution, accurate far in the tail.
func NormalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// StudentQuantile returns the p quantile of Student's t with df degrees of freedom; an infinite
// df is the normal distribution.
func StudentQuantile(p, df float64) float64 {
	if math.IsInf(df, 1) {
		return NormalQuantile(p)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// StudentTail returns P(T >= t) of Student's t with df degrees of freedom; an infinite df is the
// normal distribution.
func StudentTail(t, df float64) float64 {
	if math.IsInf(df, 1) {
		return NormalTail(t)
	}
	// The survival function is the distribution function of -t: 1-CDF(t) would lose the tail.
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.CDF(-t)
}
