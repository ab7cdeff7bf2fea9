package main

import (
	"math"

	"github.com/stratascope/stratascope/infer"
)

// rate gives how often the most similar layer of another network is the same layer (Kornblith et al. 2019, section
// 6.1), with a jackknife that leaves one network out at a time. similar returns how similar layer i of network a and
// layer j of network b are, NaN where that is not defined; a layer without a defined value is a miss.
func rate(networks, layers int, similar func(a, i, b, j int) float64) (infer.Estimate, error) {
	hits := make([][]float64, networks)
	for a := range networks {
		hits[a] = make([]float64, networks)
		for b := range networks {
			if a == b {
				continue
			}
			for i := range layers {
				best, at := math.Inf(-1), -1
				for j := range layers {
					if s := similar(a, i, b, j); s > best {
						best, at = s, j
					}
				}
				if at == i {
					hits[a][b]++
				}
			}
		}
	}
	share := func(without int) float64 {
		sum, n := 0.0, 0
		for a := range networks {
			for b := range networks {
				if a != b && a != without && b != without {
					sum, n = sum+hits[a][b], n+layers
				}
			}
		}
		return sum / float64(n)
	}
	left := make([]float64, networks)
	for a := range left {
		left[a] = share(a)
	}
	return infer.Jackknife(share(-1), left)
}
