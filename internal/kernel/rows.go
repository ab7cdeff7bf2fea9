package kernel

import "math"

// SoftmaxRows32 sets each of rows rows of cols values to its softmax, shifted by its maximum.
func SoftmaxRows32(dst, src []float32, rows, cols int) {
	for r := range rows {
		d, s := dst[r*cols:(r+1)*cols], src[r*cols:(r+1)*cols]
		current.exp(d, s, Max32(s))
		Scale32(d, d, float32(1/Sum64(d)))
	}
}

// LayerNormRows32 brings each of rows rows of cols values to mean 0 and variance 1 (the biased
// one, plus eps), then multiplies by scale and adds bias per column; either may be nil
// (Ba, Kiros and Hinton 2016, eq. 4).
func LayerNormRows32(dst, src []float32, rows, cols int, eps float64, scale, bias []float32) {
	for r := range rows {
		d, s := dst[r*cols:(r+1)*cols], src[r*cols:(r+1)*cols]
		AddScalar32(d, s, float32(-Sum64(s)/float64(cols)))
		rest := Sum64(d) / float64(cols) // what rounding the mean left
		inv := float32(1 / math.Sqrt(SumSq64(d)/float64(cols)-rest*rest+eps))
		if scale != nil && bias != nil {
			current.affine(d, d, scale[:cols], bias[:cols], float32(rest), inv)
			continue
		}
		AddScalar32(d, d, float32(-rest))
		Scale32(d, d, inv)
		if scale != nil {
			Mul32(d, d, scale[:cols])
		}
		if bias != nil {
			Add32(d, d, bias[:cols])
		}
	}
}
