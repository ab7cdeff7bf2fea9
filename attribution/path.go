package attribution

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"gonum.org/v1/gonum/integrate/quad"
)

// PathOptions say how the integral along the path is taken; the zero value is the midpoint rule.
type PathOptions struct {
	Steps     int     // points on the path; 0: 64
	Most      int     // up to which they are doubled while Error exceeds Tolerance; 0: 1,024
	Tolerance float64 // 0: 0.05
	Legendre  bool    // points and weights of Gauss and Legendre, better where the function is smooth
}

func (o PathOptions) filled() PathOptions {
	if o.Steps == 0 {
		o.Steps = 64
	}
	if o.Most == 0 {
		o.Most = max(1024, o.Steps)
	}
	if o.Tolerance == 0 {
		o.Tolerance = 0.05
	}
	return o
}

// Integrated is an attribution that adds up: Values to Change but for Error.
type Integrated struct {
	Values []float64 // of each element of the input, in the units of the output
	Change float64   // the output of the input less that of the baseline
	Error  float64   // |sum of Values - Change| / |Change|, of Values' absolute sum where Change is 0
	Steps  int       // points on the path
}

// IntegratedGradients returns (x - baseline) times the mean derivative at points on the straight path between
// them (Sundararajan et al. 2017, eq. 3). By the rule of midpoints these are at (k-1/2)/m of it, k = 1 to m.
// Points are doubled while the values add up to the change of the output too badly; a result whose Error is
// above the tolerance even so is returned, for the caller to tell.
func IntegratedGradients(ctx context.Context, f Gradient, x, baseline []float64, o PathOptions) (*Integrated, error) {
	o = o.filled()
	if len(x) == 0 || len(x) != len(baseline) {
		return nil, fmt.Errorf("an input of %d elements and a baseline of %d: %w", len(x), len(baseline), infer.ErrRange)
	}
	if o.Steps < 1 || o.Most < o.Steps || !(o.Tolerance > 0) {
		return nil, fmt.Errorf("%d to %d points on the path for a tolerance of %v: %w", o.Steps, o.Most, o.Tolerance, infer.ErrRange)
	}
	ends, _, err := f.at(ctx, append(append(make([]float64, 0, 2*len(x)), baseline...), x...), 2)
	if err != nil {
		return nil, fmt.Errorf("at the ends of the path: %w", err)
	}
	for m := o.Steps; ; m *= 2 {
		out := &Integrated{Change: ends[1] - ends[0], Steps: m}
		if out.Values, err = meanDerivatives(ctx, f, x, baseline, m, o.Legendre); err != nil {
			return nil, fmt.Errorf("on the path: %w", err)
		}
		var size float64
		for i := range out.Values {
			out.Values[i] *= x[i] - baseline[i]
			size += math.Abs(out.Values[i])
		}
		if out.Change != 0 {
			size = math.Abs(out.Change)
		}
		if miss := math.Abs(infer.Total(out.Values) - out.Change); miss > 0 {
			out.Error = miss / size
		}
		if out.Error <= o.Tolerance || 2*m > o.Most {
			return out, nil
		}
	}
}

func meanDerivatives(ctx context.Context, f Gradient, x, baseline []float64, m int, legendre bool) ([]float64, error) {
	at, weight := make([]float64, m), make([]float64, m)
	for k := range at {
		at[k], weight[k] = (float64(k)+0.5)/float64(m), 1/float64(m)
	}
	if legendre {
		quad.Legendre{}.FixedLocations(at, weight, 0, 1)
	}
	mean := make([]float64, len(x))
	points := make([]float64, 0, min(m, batch)*len(x))
	for lo := 0; lo < m; lo += batch {
		hi := min(m, lo+batch)
		points = points[:0]
		for _, t := range at[lo:hi] {
			for i, v := range x {
				points = append(points, baseline[i]+t*(v-baseline[i]))
			}
		}
		_, d, err := f.at(ctx, points, hi-lo)
		if err != nil {
			return nil, err
		}
		for k, w := range weight[lo:hi] {
			for i, v := range d[k*len(x) : (k+1)*len(x)] {
				mean[i] += float64(w * v)
			}
		}
	}
	return mean, nil
}
