package cosine

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

// points are n rows of d values about an offset, the first unit with a scale of its own.
func points(n, d int, offset, scale float64) (capture.Matrix, []int) {
	u := statistictest.Uniform(3, n, d)
	x, groups := capture.Matrix{N: n, D: d}, make([]int, n)
	for i := range n {
		groups[i] = i % infer.JackknifeGroups
		for j := range d {
			v := u[i*d+j]
			if j == 0 {
				v *= scale
			}
			x.X = append(x.X, float32(offset+v))
		}
	}
	return x, groups
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %.10g, want %.10g", what, got, want)
	}
}

// without gives the rows outside a group; -1 leaves none out.
func without(x capture.Matrix, groups []int, g int) cluster.Points {
	p := cluster.Points{D: x.D}
	for i, h := range groups {
		if h != g {
			p.X, p.N = append(p.X, x.Row(i)...), p.N+1
		}
	}
	return p
}

// Against package cluster's mean and the eigenvalues of the covariance, with each group left out in fact.
func TestAgainstLeavingGroupsOut(t *testing.T) {
	for _, c := range []struct {
		n, d          int
		offset, scale float64
	}{{220, 7, 0, 1}, {220, 7, 5, 20}, {120, 200, 1, 3}} {
		x, groups := points(c.n, c.d, c.offset, c.scale)
		got, err := Of(x, groups)
		if err != nil {
			t.Fatal(err)
		}
		raw := func(p cluster.Points) float64 {
			v, err := cluster.MeanCosine(p, false)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		part := func(p cluster.Points) float64 {
			e, _, err := linalg.EigenSym(1, linalg.CovarianceSums(1, p.X, p.N, p.D, nil), p.D, false)
			if err != nil {
				t.Fatal(err)
			}
			for i := range e {
				e[i] = max(0, e[i])
			}
			v, err := similarity.ParticipationRatio(e)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for _, m := range []struct {
			name  string
			got   infer.Estimate
			value func(cluster.Points) float64
		}{{"raw cosine", got.Raw, raw}, {"participation", got.Participation, part}} {
			var left []float64
			for g := range infer.JackknifeGroups {
				left = append(left, m.value(without(x, groups, g)))
			}
			want, err := infer.Jackknife(m.value(without(x, groups, -1)), left)
			if err != nil {
				t.Fatal(err)
			}
			near(t, m.name, m.got.Value, want.Value, 1e-5*math.Abs(want.Value)+1e-7)
			near(t, m.name+" error", m.got.SE, want.SE, 1e-3*want.SE+1e-7)
		}
		centred, err := cluster.MeanCosine(without(x, groups, -1), true)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "centred cosine", got.Centred.Value, centred, 1e-7)
	}
}

// repeated puts rows one after the other until there are n.
func repeated(n int, rows ...[]float32) (x capture.Matrix, groups []int) {
	x = capture.Matrix{N: n, D: len(rows[0])}
	for i := range n {
		x.X, groups = append(x.X, rows[i%len(rows)]...), append(groups, i/len(rows)%infer.JackknifeGroups)
	}
	return x, groups
}

// TV-01 of METHODS 15, each row a hundred times: of the 300 x 299 ordered pairs the 2 x 3 x 100 x 100 of different
// rows have a mean of -1/3, those of one row 1.
func TestTV01(t *testing.T) {
	x, groups := repeated(300, []float32{3, 4}, []float32{4, 3}, []float32{-3, -4})
	got, err := Of(x, groups)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean cosine", got.Raw.Value, (60000*(-1.0/3)+3*100*99)/(300*299), 1e-6)
}

// TV-20 of METHODS 15: a covariance with eigenvalues 3 and 1.
func TestTV20(t *testing.T) {
	a, b := float32(math.Sqrt(6)), float32(math.Sqrt(2))
	x, groups := repeated(400, []float32{a, 0}, []float32{-a, 0}, []float32{0, b}, []float32{0, -b})
	got, err := Of(x, groups)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "participation", got.Participation.Value, 1.6, 1e-6)
}

func TestReasons(t *testing.T) {
	zero, groups := repeated(200, []float32{0, 0})
	same, _ := repeated(200, []float32{3, 4})
	for name, x := range map[string]capture.Matrix{"zeros": zero, "one point": same} {
		_, err := Of(x, groups)
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		if code, why := statistic.Reason(err); code != "constant" {
			t.Errorf("%s: %s (%s)", name, code, why)
		}
	}
	if _, _, err := Sample(capture.Matrix{X: make([]float32, 50), N: 50, D: 1}.Table(), make([]uint64, 50)); err == nil {
		t.Error("50 samples are taken")
	}
}
