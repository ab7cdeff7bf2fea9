package similarity

import (
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// Cost returns the bytes AllPairs will hold beside its input, and its floating-point operations,
// for n samples of layers with the given units and the default number of groups.
func Cost(workers, n int, units []int, opt Options) (bytes, operations int64) {
	exact := opt.Exact
	if exact == 0 {
		exact = ExactSamples
	}
	L, total, widest := int64(len(units)), int64(0), int64(0)
	for _, d := range units {
		total += int64(d)
		widest = max(widest, int64(d))
	}
	pairs, rows := L*(L+1)/2, int64(segmentRows)
	jackknife := int64(infer.JackknifeGroups)
	walked := int64(n) * int64(n)
	kept := int64(n)*L*(jackknife+1)*8 + int64(n+n/8+int(rows))*(total+16*L)*4*copies(n, opt) // row sums by segment, and diagonals; panels
	if n > exact {
		count := int64(max(leastBlocks, (n+blockRows-1)/blockRows))
		rows, jackknife, kept = (int64(n)/count+kernel.PanelRows)/kernel.PanelRows*kernel.PanelRows, count, 0
		walked = int64(n) * rows
	}
	perWorker := (rows*rows*(L+1)+2*rows*widest)*4 + (jackknife+1)*pairs*8 + 2*int64(min(n, exact))*L*8
	if n > exact {
		perWorker = (rows*rows*(L+1)+2*rows*widest)*4 + 4*pairs*8 + 4*rows*L*8
	}
	held := 3*(jackknife+1)*pairs*8 + kept + total*8
	return held + int64(max(1, workers))*perWorker, walked * (total + L*L/2)
}

// copies is how many values panels hold for each of a layer at most.
func copies(n int, opt Options) int64 {
	if splits(n, opt.Biased) {
		return 2
	}
	return 1
}
