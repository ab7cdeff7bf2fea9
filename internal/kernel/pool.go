package kernel

// Larger32 sets dst[i] to the larger of a[i] and b[i], NaN if one is NaN.
func Larger32(dst, a, b []float32) { current.larger(dst[:len(a)], a, b[:len(a)]) }

// MaxPairs32 sets each of rows rows of n values of dst to the largest of two by two values of src, whose rows
// are pitch apart; NaN counts as larger than any number.
func MaxPairs32(dst, src []float32, pitch, n, rows int) {
	if n <= 0 || rows <= 0 {
		return
	}
	_, _ = dst[n*rows-1], src[(2*rows-1)*pitch+2*n-1]
	current.pairs(dst, src, pitch, n, rows)
}

// Second32 sets dst to every second value of src, from the first on.
func Second32(dst, src []float32) {
	if len(dst) > 0 {
		_ = src[2*len(dst)-2]
		current.second(dst, src)
	}
}

func pairsPortable(dst, src []float32, pitch, n, rows int) {
	for r := range rows {
		a, b := src[2*r*pitch:], src[(2*r+1)*pitch:]
		for i := range dst[r*n : (r+1)*n] {
			dst[r*n+i] = max(a[2*i], a[2*i+1], b[2*i], b[2*i+1])
		}
	}
}
