package density

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.10f, want %.10f within %g", what, got, want, tol)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// uniform and rows make the numbers of testdata/reference.py.
func uniform(seed uint64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		z := (uint64(i) + seed<<32) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		out[i] = float64(z>>40)/(1<<24) - 0.5
	}
	return out
}

func rows(seed uint64, n, d int, offset float64) []float32 {
	v := make([]float64, n*d)
	for k := range uint64(4) {
		for i, u := range uniform(seed+k, n*d) {
			v[i] += u
		}
	}
	out := make([]float32, n*d)
	for i := range n {
		c := [][]float64{{0, 0, 0}, {4, 0, 1}, {0, 5, -1}}[i%3]
		for j := range d {
			if j < 3 {
				v[i*d+j] += c[j]
			}
			out[i*d+j] = float32(v[i*d+j]/float64(1+j)*3 + offset)
		}
	}
	return out
}

func TestAgreesWithScikitLearnAndSciPy(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases []struct {
			N, D, Q, Components                           int
			Offset                                        float64
			Values, PPCA, BIC, Mixture, Student, Residual []float64
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil || len(ref.Cases) != 2 {
		t.Fatalf("%d cases, want 2: %v", len(ref.Cases), err)
	}
	for _, c := range ref.Cases {
		x, fresh := rows(1, c.N, c.D, c.Offset), rows(50, 6, c.D, c.Offset)
		p := must(Project(t.Context(), 2, x, c.N, c.D, 1, c.Q))
		m := must(NewMixture(t.Context(), 2, p, x, c.N, MixtureOptions{Most: 4}))
		if len(m.Weight) != c.Components {
			t.Errorf("%d components, want %d", len(m.Weight), c.Components)
		}
		near(t, "BIC", m.BIC, slices.Min(c.BIC), 0.01)
		one := must(NewMixture(t.Context(), 1, p, x, c.N, MixtureOptions{Components: 1}))
		near(t, "BIC of one Gaussian", one.BIC, c.BIC[0], 1e-6)
		ppca, mixture := must(must(NewPPCA(p)).Score(fresh, 6)), must(m.Score(fresh, 6))
		student, residual := must(NewStudent(p).Score(fresh, 6)), must(p.Residual(fresh, 6))
		for i := range 6 {
			near(t, "PPCA", ppca[i], c.PPCA[i], 1e-6)
			near(t, "mixture", mixture[i], c.Mixture[i], 1e-3)
			near(t, "Student", student[i], c.Student[i], 1e-8)
			near(t, "residual", residual[i], c.Residual[i], 1e-6)
		}
		for k, v := range c.Values {
			near(t, "variance", p.Values[k]/v, 1, 1e-9)
		}
	}
}

// Fewer samples than units: the axes are those of the wide form, and what the samples do not span has no
// density of its own.
func TestWideRows(t *testing.T) {
	x := rows(1, 20, 60, 1e4)
	p := must(Project(t.Context(), 1, x, 20, 60, 0, 0))
	for a := range p.K {
		for b := range p.K {
			want := 0.0
			if a == b {
				want = 1
			}
			near(t, "axes", dot(p.Axes[a*60:(a+1)*60], p.Axes[b*60:(b+1)*60]), want, 1e-9)
		}
	}
	along, _, err := p.Coordinates(x, 20)
	if err != nil {
		t.Fatal(err)
	}
	for k := range p.K {
		var s float64
		for i := range 20 {
			s += along[i*p.K+k] * along[i*p.K+k]
		}
		near(t, "variance along", s/19/p.Values[k], 1, 1e-9)
	}
	for i, v := range must(must(NewPPCA(p)).Score(x, 20)) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("sample %d scores %v", i, v)
		}
	}
	full := must(Project(t.Context(), 1, x, 20, 60, 1, 60))
	if full.K != 19 {
		t.Errorf("20 samples span %d dimensions, want 19", full.K)
	}
	for _, v := range must(full.Residual(x, 20)) {
		near(t, "residual of a sample that was fitted", v, 0, 1e-3)
	}
}

// A score rises with the distance of a shift, in all densities and the residual where the shift leaves the axes.
func TestScoresRiseWithTheShift(t *testing.T) {
	const d = 12
	x := rows(1, 600, d, 0)
	p := must(Project(t.Context(), 1, x, 600, d, 0, 4))
	m := must(NewMixture(t.Context(), 1, p, x, 600, MixtureOptions{}))
	scores := map[string]func([]float32, int) ([]float64, error){"PPCA": must(NewPPCA(p)).Score, "mixture": m.Score, "Student": NewStudent(p).Score, "residual": p.Residual}
	for name, score := range scores {
		last := math.Inf(-1)
		for _, dose := range []float32{0, 1, 3, 9} {
			fresh := rows(90, 300, d, 0)
			for i := range 300 {
				at := i*d + 11 // a unit of little variance
				if name == "mixture" || name == "Student" {
					at = i * d
				}
				fresh[at] += 3 * dose
			}
			mean := infer.Total(must(score(fresh, 300))) / 300
			if mean <= last {
				t.Errorf("%s: mean score %v at shift %v, after %v", name, mean, dose, last)
			}
			last = mean
		}
	}
}

// A set that is too typical, all of it near the mean, is as strange as a far one; of calibration's kind 5 %
// are below 0.05.
func TestTypicalityAsksBothWays(t *testing.T) {
	r := infer.Rand(1, "scores")
	length := func() float64 {
		var s float64
		for range 50 {
			v := r.NormFloat64()
			s += v * v
		}
		return s / 2 // -ln p of a Gaussian in 50 dimensions
	}
	var calibration, same []float64
	for range 2000 {
		calibration, same = append(calibration, length()), append(same, length())
	}
	low := 0
	for _, p := range must(Typicality(calibration, same)) {
		if p <= 0.05 {
			low++
		}
	}
	if low < 60 || low > 145 { // 99.9 % of the binomial, and of the calibration's own error
		t.Errorf("%d of 2,000 typical samples are below 5 %%", low)
	}
	for _, v := range []float64{0, 60} { // the mode is at 0
		if p := must(Typicality(calibration, []float64{v}))[0]; p > 0.001 {
			t.Errorf("score %v has p %v", v, p)
		}
	}
}

func TestSameBitsForAnyWorkers(t *testing.T) {
	x := rows(1, 400, 12, 10)
	score := func(workers int) []float64 {
		p := must(Project(t.Context(), workers, x, 400, 12, 0, 5))
		return must(must(NewMixture(t.Context(), workers, p, x, 400, MixtureOptions{})).Score(x, 400))
	}
	if !slices.Equal(score(1), score(5)) {
		t.Error("5 workers give other bits")
	}
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	x := rows(1, 30, 5, 0)
	p := must(Project(t.Context(), 1, x, 30, 5, 0, 0))
	whole := must(Project(t.Context(), 1, x, 30, 5, 1, 5))
	flat := make([]float32, 150)
	broken := slices.Clone(x)
	broken[7] = float32(math.NaN())
	project := func(x []float32, n int, share float64) error {
		_, err := Project(t.Context(), 1, x, n, 5, share, 0)
		return err
	}
	mixture := func(o MixtureOptions) error { _, err := NewMixture(t.Context(), 1, p, x, 30, o); return err }
	score := func(x []float32, n int) error { _, err := must(NewPPCA(p)).Score(x, n); return err }
	typical := func(a, b []float64) error { _, err := Typicality(a, b); return err }
	for i, c := range []struct{ err, want error }{
		{project(x[:15], 3, 0), infer.ErrTooFew}, {project(x, 29, 0), infer.ErrRange}, {project(x, 30, 2), infer.ErrRange},
		{project(flat, 30, 0), infer.ErrConstant}, {project(broken, 30, 0), infer.ErrNotFinite},
		{mixture(MixtureOptions{Components: 20}), infer.ErrTooFew}, {mixture(MixtureOptions{Components: -1}), infer.ErrRange},
		{score(broken, 30), infer.ErrNotFinite}, {score(x, 7), infer.ErrRange},
		{typical([]float64{1, 2}, nil), infer.ErrTooFew}, {typical([]float64{1, 2, 3, 4}, []float64{math.Inf(1)}), infer.ErrNotFinite},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
	if m, err := NewPPCA(whole); err != nil || m.free != 0 {
		t.Errorf("all of the variance along the axes: %v", err)
	}
}
