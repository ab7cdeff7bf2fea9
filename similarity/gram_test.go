package similarity

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// uniform makes the numbers of testdata/gram.py: integers, so both languages have the same.
func uniform(seed uint64, n, d int) []float64 {
	out := make([]float64, n*d)
	for i := range out {
		z := (uint64(i) + seed<<32) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		out[i] = float64(z>>40)/(1<<24) - 0.5
	}
	return out
}

func layers(n int, widths []int, kind string) []Matrix {
	z := uniform(1, n, 4)
	var out []Matrix
	for l, d := range widths {
		w, noise := uniform(uint64(100+l), 4, d), uniform(uint64(200+l), n, d)
		own, shared := uniform(uint64(300+l), n, 1), uniform(400, n, 1)
		m := Matrix{X: make([]float32, n*d), N: n, D: d}
		for i := range n {
			for j := range d {
				v := 0.3 * float64(l+1) * noise[i*d+j]
				for k := range 4 {
					v += z[i*4+k] * w[k*d+j]
				}
				switch {
				case kind == "offset":
					v += 1e4
				case kind == "massive" && j == 1:
					v = 1000 + 40*own[i] + 40*shared[i]
				case kind == "massive" && j == 3:
					v = 3000 + 5*shared[i]
				case kind == "far" && i == 7:
					v += 300
				}
				m.X[i*d+j] = float32(v)
			}
		}
		out = append(out, m)
	}
	return out
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.10f, want %.10f within %g", what, got, want, tol)
	}
}

func TestAllPairsAgreesWithNumPyGram(t *testing.T) {
	raw, err := os.ReadFile("testdata/gram.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases []struct {
			Name             string
			N                int
			Widths           []int
			Debiased, Biased [][]float64
			Leave01          []float64
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil {
		t.Fatal(err)
	}
	if len(ref.Cases) != 4 {
		t.Fatalf("%d cases in gram.json, want 4", len(ref.Cases))
	}
	for _, c := range ref.Cases {
		xs := layers(c.N, c.Widths, c.Name)
		groups := make([]int, c.N)
		for i := range groups {
			groups[i] = i * 7 % 20
		}
		p, err := AllPairs(t.Context(), 2, xs, groups, Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := AllPairs(t.Context(), 2, xs, groups, Options{Biased: true})
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i := range xs {
			if p.Reason[i] != nil {
				t.Fatalf("%s layer %d: %v", c.Name, i, p.Reason[i])
			}
			for j := range xs {
				near(t, c.Name+" debiased", p.Value[i*p.L+j], c.Debiased[i][j], 1e-6)
				near(t, c.Name+" biased", b.Value[i*p.L+j], c.Biased[i][j], 1e-6)
				worst = max(worst, math.Abs(p.Value[i*p.L+j]-c.Debiased[i][j]))
				if j > i {
					x, err := Debiased(xs[i], xs[j])
					if err != nil {
						t.Fatal(err)
					}
					near(t, c.Name+" float64 pair", x, c.Debiased[i][j], 1e-9)
					if x, err = CKA(xs[j], xs[i]); err != nil {
						t.Fatal(err)
					}
					near(t, c.Name+" float64 biased pair", x, c.Biased[i][j], 1e-9)
				}
			}
		}
		for g, want := range c.Leave01 {
			near(t, c.Name+" without a group", p.LeaveOut(1, 0)[g], want, 1e-6)
		}
		t.Logf("%s: largest error %.1e", c.Name, worst)
	}
}

// pytorch-cka cuts its values to 0..1.
func TestAllPairsAgreesWithPyTorchCKA(t *testing.T) {
	raw, err := os.ReadFile("testdata/peer.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases []struct {
			Name     string
			N        int
			Widths   []int
			Debiased [][]float64
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil {
		t.Fatal(err)
	}
	if len(ref.Cases) != 2 {
		t.Fatalf("%d cases in peer.json, want 2", len(ref.Cases))
	}
	for _, c := range ref.Cases {
		p, err := AllPairs(t.Context(), 2, layers(c.N, c.Widths, c.Name), nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range c.Debiased {
			for j, want := range row {
				near(t, c.Name, min(max(p.Value[i*p.L+j], 0), 1), want, 1e-6)
			}
		}
	}
}
