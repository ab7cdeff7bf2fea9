package metric

import (
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// Hamming counts the places at which two sequences differ (Hamming 1950). As a rate it is the normalised
// distance, from 0 to 1: of activation patterns, of two runs' predictions (their flip rate), or of the label
// sets of samples, row after row, where it is the Hamming loss.
func Hamming[T comparable](a, b []T) (Rate, error) {
	if err := sameSize(len(a), len(b)); err != nil {
		return Rate{}, err
	}
	r := Rate{}
	for i, v := range a {
		r.count(v != b[i])
	}
	return r, nil
}

// HammingByLabel returns for each of the labels the share of samples in which two rows of label sets, a row
// a sample, differ. Their mean is the normalised distance of all.
func HammingByLabel[T comparable](a, b []T, labels int) ([]Rate, error) {
	if labels < 1 || len(a)%labels != 0 {
		return nil, fmt.Errorf("%d values in rows of %d labels: %w", len(a), labels, infer.ErrRange)
	}
	if err := sameSize(len(a), len(b)); err != nil {
		return nil, err
	}
	r := make([]Rate, labels)
	for i, v := range a {
		r[i%labels].count(v != b[i])
	}
	return r, nil
}

func sameSize(a, b int) error {
	if a != b {
		return fmt.Errorf("sequences of %d and %d values, want as many: %w", a, b, infer.ErrRange)
	}
	if a == 0 {
		return fmt.Errorf("sequences of no values: %w", infer.ErrTooFew)
	}
	return nil
}
