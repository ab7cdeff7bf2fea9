package culprit

import (
	"fmt"

	"github.com/stratascope/stratascope/graph"
)

// Plain has eight convolutions with batch normalisation, as the networks of Kornblith et al. 2019 (section 6.1) have.
func Plain() Architecture { return Architecture{"plain", plain, 3e-3, 64} }

func plain(seed uint64) *graph.Graph {
	b := newBuilder(seed, "plain", he)
	x, in := "input", 1
	for i, s := range [][2]int{{16, 1}, {16, 1}, {16, 2}, {24, 1}, {24, 2}, {32, 1}, {32, 1}, {32, 1}} {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.relu(name, b.batchNorm(name+".bn", b.conv(name, x, in, s[0], 3, s[1], false), s[0]))
		in = s[0]
	}
	return b.pooled(x, in)
}
