package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// A Correlate is the normalised correlation of two units' maps.
type Correlate struct {
	R           float64 // of the maps as they lie, -1 to 1
	Best        float64 // the largest over shifts, R or more
	Down, Right int     // the shift of the second map that gives Best
}

// NCC returns the normalised correlation coefficient of two units, Pearson's over samples and positions
// (Lewis 1995): maps of n samples, h x w positions each; h and w are 1 where a unit has one value a sample.
// The second map is also tried at every shift of up to most positions down or across, at most half the map,
// over the positions where both lie. It ignores scale (above 0) and offset of either unit. The cost is n h
// w (2 most + 1)^2.
func NCC(a, b []float32, n, h, w, most int) (Correlate, error) {
	if n < 1 || h < 1 || w < 1 || len(a) != n*h*w || len(b) != len(a) || most < 0 {
		return Correlate{}, fmt.Errorf("maps of %d and %d values for %d samples of %d x %d, shifts of up to %d: %w",
			len(a), len(b), n, h, w, most, infer.ErrRange)
	}
	if len(a) < 4 {
		return Correlate{}, fmt.Errorf("%d values, want at least 4: %w", len(a), infer.ErrTooFew)
	}
	x, err := deviations(a)
	if err != nil {
		return Correlate{}, fmt.Errorf("first unit: %w", err)
	}
	y, err := deviations(b)
	if err != nil {
		return Correlate{}, fmt.Errorf("second unit: %w", err)
	}
	down, right := min(most, h/2), min(most, w/2)
	c := Correlate{}
	c.R, _ = overlapped(x, y, n, h, w, 0, 0)
	c.Best = c.R
	for dy := -down; dy <= down; dy++ {
		for dx := -right; dx <= right; dx++ {
			if r, ok := overlapped(x, y, n, h, w, dy, dx); ok && r > c.Best {
				c.Best, c.Down, c.Right = r, dy, dx
			}
		}
	}
	return c, nil
}

// deviations returns the values less their mean.
func deviations(v []float32) ([]float64, error) {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	if err := infer.Finite(out); err != nil {
		return nil, err
	}
	mean, square := infer.Total(out)/float64(len(out)), 0.0
	for i := range out {
		out[i] -= mean
		square += out[i] * out[i]
	}
	if square == 0 {
		return nil, fmt.Errorf("%d values: %w", len(v), infer.ErrConstant)
	}
	return out, nil
}

// overlapped returns the correlation over the positions that both maps share when the second is moved;
// there is none where one of them is constant there but for rounding.
func overlapped(x, y []float64, n, h, w, down, right int) (float64, bool) {
	var count, sx, sy, xx, yy, xy float64
	for s := range n {
		for i := max(0, down); i < min(h, h+down); i++ {
			p, q := (s*h+i)*w, (s*h+i-down)*w-right
			for j := max(0, right); j < min(w, w+right); j++ {
				u, v := x[p+j], y[q+j]
				count++
				sx += u
				sy += v
				xx += u * u
				yy += v * v
				xy += u * v
			}
		}
	}
	varX, varY := xx-sx*sx/count, yy-sy*sy/count
	if varX <= rounding*xx || varY <= rounding*yy {
		return 0, false
	}
	return math.Max(-1, math.Min(1, (xy-sx*sy/count)/math.Sqrt(varX*varY))), true
}
