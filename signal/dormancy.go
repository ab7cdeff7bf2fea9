package signal

import (
	"fmt"

	"github.com/stratascope/stratascope/infer"
)

// DormantAt is the score up to which Sokar et al. (2023) call a unit dormant.
const DormantAt = 0.025

// Dormancy returns each unit's share of its layer: its mean absolute activation over the mean of those of all
// units (Sokar et al. 2023, eq. 1), 0 or more and 1 on average. A score does not change with the layer's
// scale, but with that of a single unit. A layer without any activation is ErrConstant.
func Dormancy(means []float64) ([]float64, error) {
	if len(means) == 0 {
		return nil, fmt.Errorf("dormancy of no units: %w", infer.ErrTooFew)
	}
	if err := infer.Finite(means); err != nil {
		return nil, err
	}
	for u, v := range means {
		if v < 0 {
			return nil, fmt.Errorf("mean absolute activation of unit %d is %v: %w", u, v, infer.ErrRange)
		}
	}
	layer := infer.Total(means) / float64(len(means))
	if layer == 0 {
		return nil, fmt.Errorf("no unit is ever active: %w", infer.ErrConstant)
	}
	out := make([]float64, len(means))
	for u, v := range means {
		out[u] = v / layer
	}
	return out, nil
}

// Dormant counts the units whose score is at most a limit, such as DormantAt or 0.
func Dormant(scores []float64, limit float64) int {
	n := 0
	for _, s := range scores {
		if s <= limit {
			n++
		}
	}
	return n
}
