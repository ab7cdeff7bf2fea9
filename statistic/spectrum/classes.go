package spectrum

// classes splits the variance by class.
func classes(x []float32, labels []int32, n, d, count int) *Classes {
	sums := make([]float64, count*d)
	sizes := make([]int, count)
	all := make([]float64, d)
	used := 0
	for i, l := range labels {
		if l < 0 || int(l) >= count {
			continue
		}
		used++
		sizes[l]++
		for u, v := range x[i*d : (i+1)*d] {
			sums[int(l)*d+u] += float64(v)
			all[u] += float64(v)
		}
	}
	if used == 0 {
		return nil
	}
	out := &Classes{Energy: make([]float64, count)}
	var between, within float64
	for c, k := range sizes {
		if k > 0 {
			out.Present++
		}
		for u := range d {
			if k > 0 {
				sums[c*d+u] /= float64(k)
				e := sums[c*d+u] - all[u]/float64(used)
				out.Energy[c] += e * e
			}
		}
		between += out.Energy[c] * float64(k) / float64(used)
	}
	for i, l := range labels {
		if l < 0 || int(l) >= count {
			continue
		}
		for u, v := range x[i*d : (i+1)*d] {
			e := float64(v) - sums[int(l)*d+u]
			within += e * e / float64(used)
		}
	}
	if between <= 0 {
		return nil
	}
	out.Ratio = within / between
	return out
}
