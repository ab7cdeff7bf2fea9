package metric

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// Energy returns each sample's free energy -T log sum exp(z/T) from rows of logits (Liu et al. 2020, eq. 4):
// the higher, the less the network expects such an input. It is that of one network at one temperature, in
// the units of its logits, and not the energy score of forecasts (Gneiting & Raftery 2007).
func Energy(logits []float32, classes int, temperature float64) ([]float64, error) {
	if classes < 1 || len(logits)%classes != 0 {
		return nil, fmt.Errorf("%d logits in rows of %d classes: %w", len(logits), classes, infer.ErrRange)
	}
	if !(temperature > 0) || math.IsInf(temperature, 0) {
		return nil, fmt.Errorf("temperature is %v, want above 0: %w", temperature, infer.ErrRange)
	}
	out := make([]float64, len(logits)/classes)
	for i := range out {
		top, log, err := logSumExp(logits[i*classes:(i+1)*classes], temperature)
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		out[i] = -top - temperature*log
	}
	return out, nil
}
