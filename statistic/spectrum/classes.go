package spectrum

import "github.com/stratascope/stratascope/capture"

// classes splits the variance by class; nil where there is none between them.
func classes(x capture.Table, labels []int32, count int) (*Classes, error) {
	d := x.D
	sums := make([]float64, count*d)
	sizes := make([]int, count)
	all := make([]float64, d)
	used := 0
	labelled := func(visit func(row []float32, class int)) error {
		return x.Strips(func(first int, part capture.Matrix) error {
			for i := range part.N {
				if l := labels[first+i]; l >= 0 && int(l) < count {
					visit(part.Row(i), int(l))
				}
			}
			return nil
		})
	}
	err := labelled(func(row []float32, class int) {
		used++
		sizes[class]++
		for u, v := range row {
			sums[class*d+u] += float64(v)
			all[u] += float64(v)
		}
	})
	if err != nil || used == 0 {
		return nil, err
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
	err = labelled(func(row []float32, class int) {
		for u, v := range row {
			e := float64(v) - sums[class*d+u]
			within += e * e / float64(used)
		}
	})
	if err != nil || between <= 0 {
		return nil, err
	}
	out.Ratio = within / between
	return out, nil
}
