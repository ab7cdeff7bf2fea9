package similarity

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

type measured struct {
	Name                                    string
	N, First, Second                        int
	Widths                                  []int
	RBF, Shape, Disparity, Bures            float64
	RBFBiased                               float64 `json:"rbf_biased"`
	Euclid, Correlation, KNN, Platonic, IMD float64
	EuclidTau                               float64 `json:"euclid_tau"`
	Predict                                 struct {
		R2      float64
		Penalty []float64
	}
	Match, Residual, Deconfounded float64
	CCA, PWCCA, SVCCA             *float64
	SVCCARanks                    []int `json:"svcca_ranks"`
}

func references(t *testing.T) (cases []measured, shuffled []shuffledCase) {
	t.Helper()
	raw, err := os.ReadFile("testdata/measures.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases    []measured
		Shuffled []shuffledCase
	}
	if err := json.Unmarshal(raw, &ref); err != nil {
		t.Fatal(err)
	}
	if len(ref.Cases) != 16 || len(ref.Shuffled) != 3 {
		t.Fatalf("%d and %d cases in measures.json, want 16 and 3", len(ref.Cases), len(ref.Shuffled))
	}
	return ref.Cases, ref.Shuffled
}

// Every measure against other people's code, under offsets of 1e4, units a thousand times the others' size,
// a far row and more units than samples.
func TestMeasuresAgreeWithOthers(t *testing.T) {
	cases, _ := references(t)
	for _, c := range cases {
		xs := layers(c.N, c.Widths, c.Name)
		x, y := xs[c.First], xs[c.Second]
		third := xs[3-c.First-c.Second]
		groups := make([]int, c.N)
		for i := range groups {
			groups[i] = i * 7 % 20
		}
		near := func(what string, got, want, tol float64) {
			t.Helper()
			if !(math.Abs(got-want) <= tol) {
				t.Errorf("%s, layers %d and %d, %s: got %.10f, want %.10f within %g", c.Name, c.First, c.Second, what, got, want, tol)
			}
		}
		near("RBF", must(RBF(x, y, RBFOptions{})), c.RBF, 1e-9)
		near("biased RBF", must(RBF(x, y, RBFOptions{Share: 0.2, Biased: true})), c.RBFBiased, 1e-9)
		near("shape", must(ShapeDistance(x, y)), c.Shape, 1e-9)
		near("Bures", must(Bures(x, y)), c.Bures, 1e-5) // the reference takes roots of rounded eigenvalues
		cos := math.Cos(c.Shape)
		near("Procrustes", must(Procrustes(x, y)), math.Sqrt(2-2*cos), 1e-9)
		near("SciPy's disparity", 1-math.Pow(must(Bures(x, y)), 2), c.Disparity, 1e-9)
		// Values on the grid of float32 have distances that are equal; the reference ranks their rounding.
		near("RSA", must(RSA(x, y, Euclid)), c.Euclid, 1e-7)
		near("RSA by tau", must(RSATau(x, y, Euclid)), c.EuclidTau, 1e-7)
		near("RSA of correlations", must(RSA(x, y, Correlation)), c.Correlation, 1e-7)
		near("k-NN", must(MutualKNN(x, y, 0)), c.KNN, 1e-12)
		near("k-NN of directions", must(MutualKNN(unitRows(x), unitRows(y), 10)), c.Platonic, 1e-12)
		near("IMD", must(IMD(x, y)), c.IMD, 1e-12)
		p := must(Predict(t.Context(), 2, x, y, groups))
		near("R2", p.R2, c.Predict.R2, 1e-8)
		for f, v := range p.Penalty {
			near("penalty", v/c.Predict.Penalty[f], 1, 1e-9)
		}
		near("matching", must(Match(x, y)).Mean, c.Match, 1e-9)
		near("rotation's residual", must(Rotate(x, y)).Residual, c.Residual, 1e-9)
		near("deconfounded", must(Deconfounded(x, y, third)), c.Deconfounded, 1e-8)
		if c.CCA == nil {
			continue
		}
		near("CCA", must(CCA(x, y)).Mean(), *c.CCA, 1e-7)
		near("PWCCA", must(PWCCA(x, y)), *c.PWCCA, 1e-7)
		s := must(SVCCA(x, y, 0))
		near("SVCCA", s.Mean(), *c.SVCCA, 1e-7)
		if s.RankX != c.SVCCARanks[0] || s.RankY != c.SVCCARanks[1] {
			t.Errorf("%s: SVCCA of %d and %d dimensions, want %v", c.Name, s.RankX, s.RankY, c.SVCCARanks)
		}
	}
}

// unitRows centres the columns and then scales rows to length 1, as the reference does.
func unitRows(m Matrix) Matrix {
	r := must(centred(m))
	out := Matrix{X: make([]float32, len(r.v)), N: r.n, D: r.d}
	for i := range r.n {
		row := r.row(i)
		norm := math.Sqrt(dot(row, row))
		for j, v := range row {
			out.X[i*r.d+j] = float32(v / norm)
		}
	}
	return out
}

type shuffledCase struct {
	N, DX, DY        int
	Mix              float64
	Biased, Debiased struct{ Z, P float64 }
}
