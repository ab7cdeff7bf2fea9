package similarity

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

func matrix(n, d int, values ...float32) Matrix { return Matrix{X: values, N: n, D: d} }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	x, y := matrix(4, 2, 1, 0, 0, 1, -1, 0, 0, -1), matrix(4, 1, 1, 0, -1, 0)
	near(t, "TV-04", must(CKA(x, y)), 0.707107, 1e-6)
	near(t, "TV-05", must(Debiased(x, y)), 1, 1e-12)
	for _, c := range []struct {
		a, b Matrix
		want float64
	}{{x, y, 1.0 / 3}, {x, x, 2.0 / 3}, {y, y, 1.0 / 6}} {
		near(t, "TV-05 HSIC_u", must(state(t, c.a, c.b, 0).HSIC()), c.want, 1e-12)
	}
	u, v := matrix(5, 1, 1, 2, 3, 4, 5), matrix(5, 1, 1, 4, 9, 16, 25)
	near(t, "TV-05 HSIC_u", must(state(t, u, v, 0).HSIC()), 181.5, 1e-9)
	near(t, "TV-05 HSIC_u", must(state(t, u, u, 0).HSIC()), 31.0/6, 1e-9)
	near(t, "TV-05 HSIC_u", must(state(t, v, v, 0).HSIC()), 6576.9, 1e-9)
	near(t, "TV-05 debiased", must(Debiased(u, v)), 0.984602, 1e-6)
	near(t, "TV-05 biased", must(CKA(u, v)), 0.962567, 1e-6)

	roots, ev := []float64{9, 1}, []float64{3, 1} // eigenvalues of singular values 3 and 1
	near(t, "TV-20 RankMe", must(RankMe(roots)), 1.754765, 1e-6)
	near(t, "TV-20 participation", must(ParticipationRatio(ev)), 1.6, 1e-12)
	near(t, "TV-20 stable rank", must(StableRank(ev)), 4.0/3, 1e-12)
	near(t, "TV-20 first share", must(FirstShare(ev)), 0.75, 1e-12)
	etf := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0}
	near(t, "TV-20 simplex", must(ParticipationRatio(etf)), 9, 1e-12)
	near(t, "TV-20 simplex", must(StableRank(etf)), 9, 1e-12)
}

func state(t *testing.T, x, y Matrix, shift float64) *Cross {
	t.Helper()
	c := must(NewCross(slices.Repeat([]float64{shift}, x.D), slices.Repeat([]float64{shift}, y.D)))
	if err := c.Add(x, y); err != nil {
		t.Fatal(err)
	}
	return c
}

func part(m Matrix, lo, hi int) Matrix { return Matrix{X: m.X[lo*m.D : hi*m.D], N: hi - lo, D: m.D} }

// slowHSIC is Song's formula on Gram matrices of float64 values, entry by entry.
func slowHSIC(x, y Matrix, keep func(int) bool) float64 {
	var rows []int
	for i := range x.N {
		if keep(i) {
			rows = append(rows, i)
		}
	}
	n := float64(len(rows))
	entry := func(m Matrix, i, j int) (s float64) {
		for k := range m.D {
			s += float64(m.row(i)[k]) * float64(m.row(j)[k])
		}
		return s
	}
	var cross, sx, sy, rr float64
	for _, i := range rows {
		var rx, ry float64
		for _, j := range rows {
			if i == j {
				continue
			}
			k, l := entry(x, i, j), entry(y, i, j)
			cross += k * l
			rx += k
			ry += l
		}
		sx, sy, rr = sx+rx, sy+ry, rr+rx*ry
	}
	return (cross + sx*sy/((n-1)*(n-2)) - 2/(n-2)*rr) / (n * (n - 3))
}

// The state equals the Gram form to 1e-12, whole, merged from parts and under a shift.
func TestCrossEqualsGramAndMerges(t *testing.T) {
	xs := layers(60, []int{7, 5}, "plain")
	x, y := xs[0], xs[1]
	all := func(int) bool { return true }
	want := slowHSIC(x, y, all)
	near(t, "whole", must(state(t, x, y, 0).HSIC()), want, 1e-12*want)
	near(t, "shifted", must(state(t, x, y, 0.25).HSIC()), want, 1e-12*want)
	a := state(t, part(x, 0, 11), part(y, 0, 11), 0.25)
	if err := a.Merge(state(t, part(x, 11, 60), part(y, 11, 60), 0.25)); err != nil {
		t.Fatal(err)
	}
	near(t, "merged", must(a.HSIC()), want, 1e-12*want)
	near(t, "ratio", must(Ratio(a, state(t, x, x, 0), state(t, y, y, 0), false)), must(Debiased(x, y)), 1e-12)
	near(t, "biased ratio", must(Ratio(a, state(t, x, x, 0), state(t, y, y, 0), true)), must(CKA(x, y)), 1e-12)
	if err := a.Merge(state(t, x, y, 0)); !errors.Is(err, infer.ErrRange) {
		t.Errorf("merging states of other shifts: %v, want a reason", err)
	}
}

func TestLeaveOneGroupOutIsExact(t *testing.T) {
	// Groups of 1 to 300 samples: larger than a segment, and smaller than a tile.
	const n = 420
	xs := layers(n, []int{5, 9}, "plain")
	groups := make([]int, n)
	for i := range groups {
		groups[i] = 7
		if k := i * 11 % n; k < 120 {
			groups[i] = -k % 5
		} else if k == 120 {
			groups[i] = 40
		}
	}
	p := must(AllPairs(t.Context(), 3, xs, groups, Options{}))
	names := []int{-4, -3, -2, -1, 0, 7, 40}
	if p.Units != len(names) {
		t.Fatalf("%d groups, want %d", p.Units, len(names))
	}
	for u, g := range names {
		keep := func(i int) bool { return groups[i] != g }
		want := slowHSIC(xs[0], xs[1], keep) / math.Sqrt(slowHSIC(xs[0], xs[0], keep)*slowHSIC(xs[1], xs[1], keep))
		near(t, "without a group", p.LeaveOut(0, 1)[u], want, 1e-6)
	}
	e := must(p.Estimate(0, 1))
	j := must(infer.JackknifePairs(p.Value[1], p.LeaveOut(0, 1), slowTogether(xs[0], xs[1], groups, names, uCentre)))
	i := must(j.Interval(0.95))
	if plain := must(infer.Jackknife(p.Value[1], p.LeaveOut(0, 1))); j.SE > 0.999*plain.SE {
		t.Errorf("error %v, without pairs of groups %v", j.SE, plain.SE)
	}
	near(t, "error", e.SE, j.SE, 1e-6)
	near(t, "the other way", p.SE[2], e.SE, 0)
	near(t, "low", p.Low[1], i.Low, 1e-5)
	near(t, "high", p.High[2], i.High, 1e-5)
	p = must(AllPairs(t.Context(), 3, xs, groups, Options{Biased: true}))
	j = must(infer.JackknifePairs(p.Value[1], p.LeaveOut(0, 1), slowTogether(xs[0], xs[1], groups, names, hCentre)))
	near(t, "error of the biased estimate", p.SE[1], j.SE, 1e-6)
}

// hCentre makes the means of rows and columns 0.
func hCentre(k []float64, n int) {
	mean := make([]float64, n)
	for i := range n {
		mean[i] = sum(k[i*n:(i+1)*n]) / float64(n)
	}
	all := sum(mean) / float64(n)
	for i := range k {
		k[i] -= mean[i/n] + mean[i%n] - all
	}
}

// slowTogether is what two groups add to CKA, from whole centred Gram matrices.
func slowTogether(x, y Matrix, groups, names []int, centre func(k []float64, n int)) []float64 {
	n := x.N
	var k [2][]float64
	for l, m := range []Matrix{x, y} {
		k[l] = gram64(m, must(frameOf(m)))
		centre(k[l], n)
	}
	xx, yy, xy := dot(k[0], k[0]), dot(k[1], k[1]), dot(k[0], k[1])
	out := make([]float64, len(names)*len(names))
	for i := range n {
		for j := range n {
			a, b := k[0][i*n+j], k[1][i*n+j]
			u, v := slices.Index(names, groups[i]), slices.Index(names, groups[j])
			s := a*b/math.Sqrt(xx*yy) - xy/math.Sqrt(xx*yy)/2*(a*a/xx+b*b/yy)
			out[u*len(names)+v] += s
			out[v*len(names)+u] += s
		}
	}
	return out
}

// More than 64 groups are dealt to 64, whose units they are.
func TestManyGroupsArePooled(t *testing.T) {
	xs := layers(200, []int{3, 4}, "plain")
	groups, few := make([]int, 200), make([]int, 200)
	for i := range groups {
		groups[i] = 3 * (i / 2)
		few[i] = i / 2 % 64
	}
	many, pooled := must(AllPairs(t.Context(), 1, xs, groups, Options{})), must(AllPairs(t.Context(), 1, xs, few, Options{}))
	if many.Units != 64 || many.SE[1] != pooled.SE[1] {
		t.Errorf("%d groups with error %v, want 64 with %v", many.Units, many.SE[1], pooled.SE[1])
	}
}

// Participation ratios come from the same walk; here against the eigenvalue form through traces:
// (tr C)^2 / |C|_F^2.
func TestParticipationWithIntervals(t *testing.T) {
	xs := layers(150, []int{6, 40}, "offset")
	p := must(AllPairs(t.Context(), 2, xs, nil, Options{}))
	for l, m := range xs {
		mean := must(m.mean(func(int) bool { return true }))
		var trace, square float64
		for a := range m.D {
			for b := range m.D {
				var c float64
				for i := range m.N {
					c += (float64(m.row(i)[a]) - mean[a]) * (float64(m.row(i)[b]) - mean[b])
				}
				square += c * c
				if a == b {
					trace += c
				}
			}
		}
		e, leave, err := p.Participation(l)
		if err != nil || len(leave) != infer.JackknifeGroups || !(e.SE > 0) {
			t.Fatalf("participation %+v of %d groups, error %v", e, len(leave), err)
		}
		near(t, "participation", e.Value, trace*trace/square, 1e-5)
	}
}

func TestSameBitsForAnyWorkers(t *testing.T) {
	for _, o := range []Options{{}, {Biased: true}, {Exact: 100}} {
		xs := layers(500, []int{12, 30, 8, 70}, "plain")
		one := must(AllPairs(t.Context(), 1, xs, nil, o))
		for _, workers := range []int{2, 7} {
			many := must(AllPairs(t.Context(), workers, xs, nil, o))
			if !slices.Equal(one.Value, many.Value) || !slices.Equal(one.SE, many.SE) || !slices.Equal(one.LeaveOut(0, 3), many.LeaveOut(0, 3)) {
				t.Errorf("options %+v: %d workers give other bits", o, workers)
			}
		}
	}
}

// Blocks estimate the same thing as all pairs do, and their interval holds it.
func TestBlocksEstimateTheWhole(t *testing.T) {
	xs := layers(2000, []int{10, 24}, "offset")
	whole := must(AllPairs(t.Context(), 2, xs, nil, Options{}))
	blocks := must(AllPairs(t.Context(), 2, xs, nil, Options{Exact: 1000}))
	if whole.Exact != true || blocks.Exact != false || blocks.Units != leastBlocks {
		t.Fatalf("exact %v, and %v with %d blocks", whole.Exact, blocks.Exact, blocks.Units)
	}
	if v := whole.Value[1]; v < blocks.Low[1] || v > blocks.High[1] || blocks.SE[1] > 2*whole.SE[1] {
		t.Errorf("blocks %v in %v..%v, whole %v; errors %v and %v", blocks.Value[1], blocks.Low[1], blocks.High[1], v, blocks.SE[1], whole.SE[1])
	}
	order := infer.Rand(0, "similarity", "blocks").Perm(2000)
	var xy, xx, yy float64
	for b := range leastBlocks {
		in := make([]bool, 2000)
		for _, i := range order[2000*b/leastBlocks : 2000*(b+1)/leastBlocks] {
			in[i] = true
		}
		keep := func(i int) bool { return in[i] }
		// Without the offset, which float64 Grams of raw values would drown in.
		x, y := layers(2000, []int{10, 24}, "plain")[0], layers(2000, []int{10, 24}, "plain")[1]
		xy, xx, yy = xy+slowHSIC(x, y, keep), xx+slowHSIC(x, x, keep), yy+slowHSIC(y, y, keep)
	}
	// The offset costs the data itself 1e-3 of precision.
	near(t, "sum over blocks", blocks.Value[1], xy/math.Sqrt(xx*yy), 1e-3)
	if _, _, err := blocks.Participation(0); !errors.Is(err, infer.ErrRange) {
		t.Errorf("participation from blocks: %v, want a reason", err)
	}
}

func TestReasons(t *testing.T) {
	xs := layers(40, []int{3, 4, 5, 6, 2}, "plain")
	for i := range xs[1].X {
		xs[1].X[i] = 0.1
	}
	xs[2].X[7] = float32(math.Inf(1))
	for i := range xs[3].X { // one sample holds all variation
		xs[3].X[i] = 0
	}
	xs[3].X[8] = 1
	p := must(AllPairs(t.Context(), 2, xs, nil, Options{}))
	for l, want := range []error{nil, infer.ErrConstant, infer.ErrNotFinite, ErrDominated, nil} {
		if !errors.Is(p.Reason[l], want) {
			t.Errorf("layer %d: reason %v, want %v", l, p.Reason[l], want)
		}
		if _, err := p.Estimate(0, l); (err == nil) != (want == nil) {
			t.Errorf("estimate with layer %d: error %v", l, err)
		}
	}
	for _, v := range slices.Concat(p.Value, p.Low, p.High, p.SE) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("a value is %v", v)
		}
	}
	if p.LeaveOut(0, 1) != nil || len(p.LeaveOut(0, 4)) != 20 || p.Value[4] == 0 {
		t.Error("the layers that can be measured are not")
	}
	few := layers(3, []int{2}, "plain")
	_, tooFew := AllPairs(t.Context(), 1, few, nil, Options{})
	_, none := AllPairs(t.Context(), 1, nil, nil, Options{})
	_, oneGroup := AllPairs(t.Context(), 1, xs[:1], make([]int, 40), Options{})
	_, wrongGroups := AllPairs(t.Context(), 1, xs[:1], make([]int, 3), Options{})
	_, biased := AllPairs(t.Context(), 1, xs[:1], nil, Options{Biased: true, Exact: 10})
	_, short := AllPairs(t.Context(), 1, []Matrix{{X: make([]float32, 9), N: 5, D: 2}}, nil, Options{})
	_, rankme := RankMe(nil)
	_, flat := StableRank([]float64{0, 0})
	_, negative := ParticipationRatio([]float64{1, -1})
	_, nan := FirstShare([]float64{math.NaN()})
	_, pairConstant := CKA(xs[0], xs[1])
	_, pairFar := Debiased(xs[3], xs[3])
	_, cross := must(NewCross([]float64{0}, []float64{0})).HSIC()
	for i, c := range []struct{ err, want error }{
		{tooFew, infer.ErrTooFew}, {none, infer.ErrTooFew}, {oneGroup, infer.ErrTooFew}, {wrongGroups, infer.ErrRange},
		{biased, infer.ErrRange}, {short, infer.ErrRange}, {rankme, infer.ErrTooFew}, {flat, infer.ErrConstant},
		{negative, infer.ErrRange}, {nan, infer.ErrNotFinite}, {pairConstant, infer.ErrConstant}, {pairFar, ErrDominated}, {cross, infer.ErrTooFew},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}

func TestAllPairsStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := AllPairs(ctx, 2, layers(300, []int{8, 8}, "plain"), nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// Similarity ignores rotation, scale, shift and the order of samples.
func TestInvariance(t *testing.T) {
	xs := layers(90, []int{6, 6}, "plain")
	base := must(AllPairs(t.Context(), 1, xs, nil, Options{}))
	rapid.Check(t, func(t *rapid.T) {
		angle := rapid.Float64Range(0, 6).Draw(t, "angle")
		scale := math.Pow(10, rapid.Float64Range(-12, 12).Draw(t, "log scale"))
		shift := rapid.Float64Range(-5, 5).Draw(t, "shift") * scale
		turn := rapid.IntRange(1, 89).Draw(t, "turn")
		sin, cos := math.Sincos(angle)
		x, y := matrix(90, 6, make([]float32, len(xs[0].X))...), matrix(90, 6, make([]float32, len(xs[1].X))...)
		for i := range 90 {
			to := (i + turn) % 90
			copy(y.row(to), xs[1].row(i))
			for j, v := range xs[0].row(i) {
				w := float64(v)
				switch j {
				case 0:
					w = cos*w - sin*float64(xs[0].row(i)[1])
				case 1:
					w = sin*float64(xs[0].row(i)[0]) + cos*w
				}
				x.row(to)[j] = float32(w*scale + shift)
			}
		}
		p, err := AllPairs(context.Background(), 1, []Matrix{x, y}, nil, Options{})
		if err != nil || p.Reason[0] != nil {
			t.Fatal(err, p.Reason)
		}
		// A shift of 5 costs float32 values of size 1 some 3e-7 of their precision.
		if d := math.Abs(p.Value[1] - base.Value[1]); d > 3e-6 {
			t.Fatalf("similarity moved by %g", d)
		}
	})
}

// Rows that are read as they are needed give the same bits as rows in memory, walked in full and in blocks.
func TestStoredRowsGiveTheSameBits(t *testing.T) {
	xs := layers(1300, []int{6, 40, 3}, "offset")
	var stored []Matrix
	most := 0
	for _, m := range xs {
		stored = append(stored, Stored(m.N, m.D, func(dst []float32, rows []int) error {
			most = max(most, len(rows))
			for k, i := range rows {
				copy(dst[k*m.D:(k+1)*m.D], m.row(i))
			}
			return nil
		}))
	}
	for _, exact := range []int{0, 1000} {
		want := must(AllPairs(t.Context(), 1, xs, nil, Options{Exact: exact}))
		got := must(AllPairs(t.Context(), 1, stored, nil, Options{Exact: exact}))
		if !slices.Equal(got.Value, want.Value) || !slices.Equal(got.SE, want.SE) {
			t.Errorf("in full up to %d: %v, want %v", exact, got.Value, want.Value)
		}
	}
	if most > strip {
		t.Errorf("%d rows were read at once, want at most %d", most, strip)
	}
	if got, want := must(Debiased(stored[0], stored[1])), must(Debiased(xs[0], xs[1])); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	gone := errors.New("gone")
	broken := Stored(1300, 2, func([]float32, []int) error { return gone })
	if p, err := AllPairs(t.Context(), 1, []Matrix{xs[0], broken}, nil, Options{Exact: 1000}); err != nil || !errors.Is(p.Reason[1], gone) {
		t.Errorf("%v, want the reading's error as the layer's reason", err)
	}
}
