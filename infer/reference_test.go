package infer

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// reference holds what SciPy and statsmodels say; testdata/reference.py made it.
type reference struct {
	Proportion []struct {
		K, N          int
		Level         float64
		Wilson, Exact [2]float64
		Upper, Lower  float64
	}
	Newcombe []struct {
		Counts   [4]int
		Interval [2]float64
	}
	Binomial []struct {
		K, N    int
		P, Tail float64
	}
	McNemar []struct {
		B, C int
		P    float64
	}
	Tango []struct {
		Table    [4]int
		Level    float64
		Interval [2]float64
	}
	Multiplicity struct{ P, BH, BY []float64 }
	Normal       []struct{ P, Z float64 }
	NormalTail   []struct{ Z, P float64 } `json:"normal_tail"`
	Student      []struct{ P, DF, T float64 }
	StudentTail  []struct{ T, DF, P float64 } `json:"student_tail"`
	BCa          struct {
		Values   []float64
		Interval [2]float64
	}
	Percentile [2]float64
}

func load(t *testing.T) reference {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Proportion) == 0 || len(r.Tango) == 0 || len(r.Student) == 0 || len(r.BCa.Values) == 0 {
		t.Fatal("reference.json lacks a part")
	}
	return r
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, tol)
	}
}

func ends(t *testing.T, what string, got Interval, want [2]float64, tol float64) {
	t.Helper()
	near(t, what+" low", got.Low, want[0], tol)
	near(t, what+" high", got.High, want[1], tol)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestProportionsAgreeWithStatsmodels(t *testing.T) {
	r := load(t)
	for _, c := range r.Proportion {
		ends(t, "Wilson", must(Wilson(c.K, c.N, c.Level)), c.Wilson, 1e-10)
		ends(t, "Clopper-Pearson", must(ClopperPearson(c.K, c.N, c.Level)), c.Exact, 1e-9)
		near(t, "upper bound", must(ClopperPearsonUpper(c.K, c.N, c.Level)), c.Upper, 1e-9)
		near(t, "lower bound", must(ClopperPearsonLower(c.K, c.N, c.Level)), c.Lower, 1e-9)
	}
	for _, c := range r.Newcombe {
		got := must(Newcombe(c.Counts[0], c.Counts[1], c.Counts[2], c.Counts[3], 0.95))
		ends(t, "Newcombe", got, c.Interval, 1e-9)
	}
	for _, c := range r.Binomial {
		near(t, "binomial tail", must(BinomialTail(c.K, c.N, c.P)), c.Tail, 1e-9*c.Tail)
	}
}

func TestPairedAgreesWithStatsmodelsAndSciPy(t *testing.T) {
	r := load(t)
	for _, c := range r.McNemar {
		near(t, "McNemar", must(McNemarExact(c.B, c.C)), c.P, 1e-12)
	}
	for _, c := range r.Tango {
		table := McNemar{c.Table[0], c.Table[1], c.Table[2], c.Table[3]}
		ends(t, "Tango", must(Tango(table, c.Level)), c.Interval, 1e-6)
	}
}

func TestMultiplicityAgreesWithStatsmodels(t *testing.T) {
	m := load(t).Multiplicity
	bh, by := must(BH(m.P)), must(BY(m.P))
	for i := range m.P {
		near(t, "BH", bh[i], m.BH[i], 1e-12)
		near(t, "BY", by[i], m.BY[i], 1e-12)
	}
}

func TestQuantilesAgreeWithSciPy(t *testing.T) {
	r := load(t)
	for _, c := range r.Normal {
		near(t, "normal quantile", NormalQuantile(c.P), c.Z, 1e-9)
	}
	for _, c := range r.NormalTail {
		near(t, "normal tail", NormalTail(c.Z), c.P, 1e-12*c.P)
	}
	for _, c := range r.Student {
		near(t, "Student quantile", StudentQuantile(c.P, c.DF), c.T, 1e-8*math.Abs(c.T))
	}
	for _, c := range r.StudentTail {
		near(t, "Student tail", StudentTail(c.T, c.DF), c.P, 1e-10*c.P+1e-14)
	}
}

// SciPy's ends are those of 200,000 draws; ours of 20,000 differ by the simulation error.
func TestBootstrapAgreesWithSciPy(t *testing.T) {
	r := load(t)
	o := Bootstrap{Replicates: 20000, Seed: 7}
	ends(t, "BCa", must(BootstrapMean(r.BCa.Values, o)), r.BCa.Interval, 0.012)
	variance := func(rows []int) (float64, error) {
		var s, ss float64
		for _, i := range rows {
			s += r.BCa.Values[i]
		}
		s /= float64(len(rows))
		for _, i := range rows {
			ss += (r.BCa.Values[i] - s) * (r.BCa.Values[i] - s)
		}
		return ss / float64(len(rows)), nil
	}
	ends(t, "percentile", must(BootstrapPercentile(len(r.BCa.Values), o, variance)), r.Percentile, 0.03)
}
