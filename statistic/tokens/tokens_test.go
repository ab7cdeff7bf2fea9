package tokens

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

func TestStatistic(t *testing.T) {
	statistictest.Run(t, Statistic, func(s *State) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(s.Few))
		g := merged(s, -1)
		for _, v := range g.sums() {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Value()))
		}
		return b
	})
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %.10g, want %.10g", what, got, want)
	}
}

// rows are n samples of the tokens that make gives.
func rows(n, tokens, units int, make func(sample, token, unit int) float64) capture.Rows {
	x := tensor.New(tensor.Float32, n, tokens, units)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(make(i/units/tokens, i/units%tokens, i%units))
	}
	return capture.Rows{X: x, Axis: 2, IDs: statistictest.Numbered(n, nil).Hashes}
}

func result(t *testing.T, r capture.Rows) (*Result, *State, error) {
	t.Helper()
	s, err := Statistic.New(statistic.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(r); err != nil {
		t.Fatal(err)
	}
	out, err := s.Result()
	return out, s, err
}

// TV-01 of METHODS 15: tokens (3,4), (4,3), (-3,-4), turned by a right angle in every second sample. Their mean is
// (4,3)/3, so that the residual is sqrt(1 - (25/9)/25).
func TestTV01(t *testing.T) {
	tokens := [3][2]float64{{3, 4}, {4, 3}, {-3, -4}}
	got, _, err := result(t, rows(200, 3, 2, func(i, p, u int) float64 {
		if i%2 == 1 {
			return tokens[p][1-u] * float64(1-2*u)
		}
		return tokens[p][u]
	}))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "cosine", got.Cosine.Value, -1.0/3, 1e-6)
	near(t, "residual", got.Residual.Value, math.Sqrt(8.0/9), 1e-6)
	near(t, "error", got.Cosine.SE, 0, 1e-9)
}

// A slow obvious version: all pairs of tokens of each sample, less the mean of all samples.
func TestAgainstAllPairs(t *testing.T) {
	const n, tokens, d = 150, 5, 4
	own, noise := statistictest.Uniform(1, n, d), statistictest.Uniform(2, n*tokens, d)
	r := rows(n, tokens, d, func(i, p, u int) float64 { return 3 + 2*own[i*d+u] + noise[(i*tokens+p)*d+u] })
	got, _, err := result(t, r)
	if err != nil {
		t.Fatal(err)
	}
	at := func(i, p, u int) float64 { return float64(r.X.Float32s()[(i*tokens+p)*d+u]) }
	var mean [d]float64
	for i := range n {
		for p := range tokens {
			for u := range d {
				mean[u] += at(i, p, u) / n / tokens
			}
		}
	}
	var cosine, pair, self float64
	for i := range n {
		for p := range tokens {
			for q := range tokens {
				var dot, pp, qq, centred float64
				for u := range d {
					dot, pp, qq = dot+at(i, p, u)*at(i, q, u), pp+at(i, p, u)*at(i, p, u), qq+at(i, q, u)*at(i, q, u)
					centred += (at(i, p, u) - mean[u]) * (at(i, q, u) - mean[u])
				}
				if p == q {
					self += centred / n / tokens
				} else {
					cosine += dot / math.Sqrt(pp*qq) / (n * tokens * (tokens - 1))
					pair += centred / (n * tokens * (tokens - 1))
				}
			}
		}
	}
	near(t, "cosine", got.Cosine.Value, cosine, 1e-6)
	near(t, "centred", got.Centred.Value, pair/self, 1e-6)
	if e := got.Centred.SE; !(e > 0.003 && e < 0.05) {
		t.Errorf("error %g", e)
	}
}

// A mean that all tokens have makes cosines large, and what they have in common less it no larger.
func TestASharedMeanDoesNotCount(t *testing.T) {
	const n, tokens, d = 150, 5, 4
	noise := statistictest.Uniform(2, n*tokens, d)
	got, _, err := result(t, rows(n, tokens, d, func(i, p, u int) float64 { return 10 + noise[(i*tokens+p)*d+u] }))
	if err != nil {
		t.Fatal(err)
	}
	if got.Cosine.Value < 0.99 || math.Abs(got.Centred.Value) > 0.05 {
		t.Errorf("cosine %.3f, centred %.3f", got.Cosine.Value, got.Centred.Value)
	}
}

// Samples whose tokens are zero have neither cosine nor residual, and are counted.
func TestZeroTokensHaveNoDirection(t *testing.T) {
	got, _, err := result(t, rows(200, 3, 2, func(i, p, u int) float64 {
		switch {
		case i%4 == 0, i%4 == 1 && p > 0:
			return 0
		}
		return float64(i%5*u + 1)
	}))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "cosine", got.Cosine.Value, 1, 1e-9)
	near(t, "residual", got.Residual.Value, 0, 1e-6)
	if got.N != 200 || got.Directed != 100 {
		t.Errorf("%d samples, %d with directions", got.N, got.Directed)
	}
}

func TestMasksAndReasons(t *testing.T) {
	r := rows(200, 3, 2, func(i, p, u int) float64 {
		switch {
		case i == 7 && p == 0:
			return math.NaN()
		case p == 2:
			return 1e6 // padding
		}
		return float64(i%5*u + 1)
	})
	r.Mask = make([]bool, 600)
	for i := range r.Mask {
		r.Mask[i] = i%3 < 2 && i != 4 // the second sample has one token
	}
	got, s, err := result(t, r)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "centred", got.Centred.Value, 1, 1e-9)
	if s.Few != 1 || s.Bad != 1 || got.N != 198 {
		t.Errorf("%d with few tokens, %d not finite, %d samples", s.Few, s.Bad, got.N)
	}
	for code, r := range map[string]capture.Rows{
		"too-few-samples": rows(99, 3, 2, func(i, p, u int) float64 { return float64(i) }),
		"constant":        rows(200, 3, 2, func(i, p, u int) float64 { return 5 }),
	} {
		if _, _, err := result(t, r); err == nil {
			t.Errorf("%s: no error", code)
		} else if got, why := statistic.Reason(err); got != code {
			t.Errorf("%s: %s (%s)", code, got, why)
		}
	}
}
