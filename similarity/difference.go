package similarity

import "github.com/stratascope/stratascope/infer"

// Difference returns the similarity of layers i and j less that of layers k and l, with the jackknife of
// the difference over the same groups: the test of "two links are equally strong", which the two intervals
// alone cannot give, since they share samples. Of CKA what two groups do together counts once; of shape
// distances and neighbours it counts twice, and the interval is rather too wide.
func (p *Pairs) Difference(i, j, k, l int) (infer.Estimate, error) {
	a, err := p.Estimate(i, j)
	if err != nil {
		return infer.Estimate{}, err
	}
	b, err := p.Estimate(k, l)
	if err != nil {
		return infer.Estimate{}, err
	}
	leave := make([]float64, p.Units)
	for u, v := range p.LeaveOut(i, j) {
		leave[u] = v - p.LeaveOut(k, l)[u]
	}
	var together []float64
	if p.together != nil {
		together = p.together(i, j)
		addTo(together, p.together(k, l), -1)
	}
	return jackknife(a.Value-b.Value, leave, together)
}
