package pairs

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

const n = 160

// layers are three layers of one origin and one of its own.
func layers() map[string]capture.Matrix {
	z := statistictest.Uniform(1, n, 4)
	out := map[string]capture.Matrix{}
	for l, name := range []string{"a", "b", "c", "d"} {
		w, e := statistictest.Uniform(uint64(10+l), 4, 9), statistictest.Uniform(uint64(20+l), n, 9)
		x := make([]float32, n*9)
		for i := range n {
			for j := range 9 {
				v := 0.3 * e[i*9+j]
				for k := range 4 {
					if name != "d" {
						v += z[i*4+k] * w[k*9+j]
					}
				}
				x[i*9+j] = float32(v)
			}
		}
		out[name] = capture.Matrix{X: x, N: n, D: 9}
	}
	return out
}

func collect(t *testing.T, ms map[string]capture.Matrix, samples, workers int) (*Result, error) {
	t.Helper()
	g := &statistictest.Given{Of: statistictest.Numbered(samples, nil), Rows: map[capture.Request]capture.Matrix{}}
	c := statistic.Case{Source: g, Splits: []dataset.Split{dataset.Val}, Seed: 1, Workers: workers}
	for _, name := range []string{"a", "b", "c", "d", "absent"} {
		c.Layers = append(c.Layers, graph.Layer{Name: name, Units: 9})
		if m, ok := ms[name]; ok {
			g.Rows[capture.Request{View: capture.View{Split: dataset.Val, Reduce: capture.Row}, Site: finding.Site{Layer: name, Of: finding.Activation}}] = m
		}
	}
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Get(c, r)
}

// debiased is CKA from Gram matrices, straight from the definition (Song et al. 2012, eq. 5).
func debiased(x, y capture.Matrix, rows []int) float64 {
	gram := func(m capture.Matrix) [][]float64 {
		k := make([][]float64, len(rows))
		for a, i := range rows {
			k[a] = make([]float64, len(rows))
			for b, j := range rows {
				for u, v := range m.Row(i) {
					if a != b {
						k[a][b] += float64(v) * float64(m.Row(j)[u])
					}
				}
			}
		}
		return k
	}
	hsic := func(k, l [][]float64) float64 {
		var trace, sk, sl, cross float64
		s := float64(len(rows))
		for i := range k {
			var rk, rl float64
			for j := range k {
				trace += k[i][j] * l[i][j]
				rk += k[i][j]
				rl += l[i][j]
			}
			sk, sl, cross = sk+rk, sl+rl, cross+rk*rl
		}
		return trace + sk*sl/(s-1)/(s-2) - 2*cross/(s-2)
	}
	k, l := gram(x), gram(y)
	return hsic(k, l) / math.Sqrt(hsic(k, k)*hsic(l, l))
}

func all() (rows []int) {
	for i := range n {
		rows = append(rows, i)
	}
	return rows
}

func compare(t *testing.T, r *Result, ms map[string]capture.Matrix, rows []int) {
	t.Helper()
	for i, a := range r.Layers {
		for j, b := range r.Layers {
			at := i*r.L + j
			if want := debiased(ms[a], ms[b], rows); math.Abs(r.Value[at]-want) > 1e-5 {
				t.Errorf("%s and %s: %.7f, want %.7f", a, b, r.Value[at], want)
			}
			if !(r.Low[at] <= r.Value[at] && r.Value[at] <= r.High[at]) {
				t.Errorf("%s and %s: %v is not within %v to %v", a, b, r.Value[at], r.Low[at], r.High[at])
			}
		}
	}
}

func TestAgainstTheDefinition(t *testing.T) {
	ms := layers()
	r, err := collect(t, ms, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Few != n || r.Share < similarity.ShapeShare || r.P == nil || r.Shape.P == nil || r.Near.P == nil {
		t.Errorf("%d samples, share %v, P %v", r.Few, r.Share, r.P)
	}
	for k, p := range []*similarity.Pairs{r.Pairs, r.Shape, r.Near} { // a and b have one origin, d its own
		if related, apart := p.P[1], p.P[3]; !(related < 1e-5 && apart > 1e-3) {
			t.Errorf("measure %d: p is %.3g of related layers and %.3g of others", k, related, apart)
		}
	}
	if !slices.Equal(r.Layers, []string{"a", "b", "c", "d"}) || r.N != n || !r.Exact {
		t.Fatalf("layers %v of %d samples, exact %v", r.Layers, r.N, r.Exact)
	}
	compare(t, r, ms, all())
	for _, workers := range []int{2, 8} {
		o, err := collect(t, ms, n, workers)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(o.Value, r.Value) || !slices.Equal(o.Low, r.Low) || !slices.Equal(o.High, r.High) {
			t.Errorf("%d workers give other numbers", workers)
		}
	}
}

func TestRowsThatAreNotFiniteAreLeftOut(t *testing.T) {
	ms := layers()
	ms["b"].X[7*9] = float32(math.NaN())
	ms["c"].X[11*9+2] = float32(math.Inf(1))
	r, err := collect(t, ms, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.N != n-2 {
		t.Errorf("%d samples, want %d", r.N, n-2)
	}
	compare(t, r, ms, slices.DeleteFunc(all(), func(i int) bool { return i == 7 || i == 11 }))
}

// A layer behind a broken weight is never finite; those before it are still compared.
func TestALayerThatIsNeverFiniteStandsAside(t *testing.T) {
	ms := layers()
	for i := range ms["c"].X {
		ms["c"].X[i] = float32(math.NaN())
	}
	r, err := collect(t, ms, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Index["c"]; ok || !slices.Equal(r.Layers, []string{"a", "b", "d"}) {
		t.Errorf("layers %v", r.Layers)
	}
	compare(t, r, ms, all())
}

func TestAConstantLayerHasAReason(t *testing.T) {
	ms := layers()
	for i := range ms["b"].X {
		ms["b"].X[i] = 2
	}
	r, err := collect(t, ms, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Reason[r.Index["b"]] == nil || r.Reason[r.Index["a"]] != nil {
		t.Errorf("reasons %v", r.Reason)
	}
}

func TestReasons(t *testing.T) {
	broken := layers()
	for l, name := range []string{"a", "b"} { // each has enough samples, but not the same
		for i := range n / 2 {
			if l == i%2 {
				broken[name].X[(i*2)*9] = float32(math.NaN())
			}
		}
	}
	for i := range n / 4 {
		broken["c"].X[(4*i+1)*9] = float32(math.NaN())
	}
	for _, x := range []struct {
		name string
		ms   map[string]capture.Matrix
		n    int
		code string
	}{
		{"few samples", layers(), 99, "too-few-samples"},
		{"no layer", nil, n, "no-features"},
		{"few common samples", broken, n, "not-finite"},
	} {
		if _, err := collect(t, x.ms, x.n, 1); err == nil {
			t.Errorf("%s: no error", x.name)
		} else if code, why := statistic.Reason(err); code != x.code {
			t.Errorf("%s: %s (%s), want %s", x.name, code, why, x.code)
		}
	}
}

func TestSamplesWalkedInFull(t *testing.T) {
	for units, want := range map[int]int{36: 4096, 4096: 4096, 8192: 2048, 1 << 25: 1} {
		if got := walked(units); got != want {
			t.Errorf("%d units: %d samples, want %d", units, got, want)
		}
	}
}

func TestRowsOfOtherMeasures(t *testing.T) {
	for _, c := range [][3]int{{400, 29, 400}, {5000, 29, 1024}, {5000, 300, 218}, {5000, 1000, 100}, {120, 1000, 100}} {
		if got := mostOf(c[0], c[1]); got != c[2] {
			t.Errorf("%d samples, %d layers: %d rows, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestShapeDistancesOfTooManyLayersHaveAReason(t *testing.T) {
	if err := tooMany(400); err != nil {
		t.Errorf("400 layers: %v", err)
	}
	if code, why := statistic.Reason(tooMany(401)); code != "too-many-layers" || why != "shape distances of 401 layers, want at most 400" {
		t.Errorf("401 layers: %s (%s)", code, why)
	}
}
