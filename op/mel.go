package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// MelWeightMatrix has a column for each triangle of a mel filter bank over the bins of a spectrum.
var MelWeightMatrix = &Op{Name: "MelWeightMatrix", Run: melWeights}

func melWeights(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 5, 5); err != nil {
		return nil, err
	}
	var v [5]float64 // bands, length, rate, lowest and highest frequency
	for i := range v {
		f, err := scalarOf(in[i])
		if err != nil {
			return nil, fmt.Errorf("input %d: %w", i+1, err)
		}
		v[i] = f
	}
	if !(v[0] >= 1 && v[0] <= largest && v[1] >= 1 && v[1] <= largest && v[2] >= 1 && v[3] >= 0 && v[3] <= v[4] && !math.IsInf(v[4], 0)) {
		return nil, fmt.Errorf("%v bands of %v values at a rate of %v from %v to %v Hz", v[0], v[1], v[2], v[3], v[4])
	}
	d, err := TypeOf(a.Int("output_datatype", 1))
	if err != nil {
		return nil, err
	}
	bands, bins := int(v[0]), int(v[1])/2+1
	y, err := x.New(tensor.Float64, bins, bands)
	if err != nil {
		return nil, err
	}
	clear(y.Float64s())
	edges := make([]int, bands+2)
	mel := func(f float64) float64 { return 2595 * math.Log10(1+f/700) }
	low, step := mel(v[3]), (mel(v[4])-mel(v[3]))/float64(bands+2)
	for i := range edges {
		f := 700 * (math.Pow(10, (float64(i)*step+low)/2595) - 1)
		edges[i] = int(math.Floor((v[1] + 1) * f / v[2]))
		if edges[i] < 0 || edges[i] >= bins {
			return nil, fmt.Errorf("%v Hz lie outside of a spectrum at a rate of %v", f, v[2])
		}
	}
	for b := range bands {
		if x.endedBefore(edges[b+2] - edges[b]) {
			break
		}
		triangle(y.Float64s()[b:], bands, edges[b], edges[b+1], edges[b+2])
	}
	return one(convert(x, y, d))
}

// triangle rises from one edge to 1 at the middle and falls to the other edge, in steps of a stride.
func triangle(y []float64, stride, from, middle, to int) {
	y[middle*stride] = 1
	for i := from; i < middle; i++ {
		y[i*stride] = float64(i-from) / float64(middle-from)
	}
	for i := middle; i < to; i++ {
		y[i*stride] = float64(to-i) / float64(to-middle)
	}
}
