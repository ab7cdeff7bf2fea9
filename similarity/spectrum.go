package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// negligible is how far below zero, relative to the largest, rounding may carry an eigenvalue of a covariance.
const negligible = 1e-6

// RankMe returns the effective rank exp(-sum p ln p) with p the share of each singular value
// (Garrido et al. 2023, eq. 1), from the eigenvalues of the covariance, whose roots they are.
func RankMe(eigenvalues []float64) (float64, error) {
	if _, _, err := spectrum(eigenvalues); err != nil {
		return 0, err
	}
	var total, h float64
	for _, v := range eigenvalues {
		total += math.Sqrt(math.Max(v, 0))
	}
	for _, v := range eigenvalues {
		if p := math.Sqrt(math.Max(v, 0)) / total; p > 0 {
			h -= p * math.Log(p)
		}
	}
	return math.Exp(h), nil
}

// ParticipationRatio returns (sum lambda)^2 / sum lambda^2.
func ParticipationRatio(eigenvalues []float64) (float64, error) {
	total, top, err := spectrum(eigenvalues)
	if err != nil {
		return 0, err
	}
	var squares float64
	for _, v := range eigenvalues {
		squares += v / top * (v / top)
	}
	return total / top * (total / top) / squares, nil
}

// StableRank returns sum lambda / lambda_1.
func StableRank(eigenvalues []float64) (float64, error) {
	total, top, err := spectrum(eigenvalues)
	if err != nil {
		return 0, err
	}
	return total / top, nil
}

// FirstShare returns lambda_1 / sum lambda, near 1 where one direction carries all variance.
func FirstShare(eigenvalues []float64) (float64, error) {
	total, top, err := spectrum(eigenvalues)
	if err != nil {
		return 0, err
	}
	return top / total, nil
}

func spectrum(eigenvalues []float64) (total, top float64, err error) {
	if len(eigenvalues) == 0 {
		return 0, 0, fmt.Errorf("no eigenvalues: %w", infer.ErrTooFew)
	}
	if err := infer.Finite(eigenvalues); err != nil {
		return 0, 0, fmt.Errorf("eigenvalues: %w", err)
	}
	low := 0.0
	for _, v := range eigenvalues {
		total += math.Max(v, 0)
		top, low = math.Max(top, v), math.Min(low, v)
	}
	if top == 0 && low == 0 {
		return 0, 0, fmt.Errorf("all eigenvalues are 0: %w", infer.ErrConstant)
	}
	if low < -negligible*top {
		return 0, 0, fmt.Errorf("eigenvalue %v of a covariance: %w", low, infer.ErrRange)
	}
	return total, top, nil
}
