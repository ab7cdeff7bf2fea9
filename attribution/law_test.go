package attribution

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-6 }) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// each makes a model of a function of one input.
func each(f func(x []float64) float64) Model {
	return func(_ context.Context, x []float64, n int) ([]float64, error) {
		out, width := make([]float64, n), len(x)/n
		for i := range out {
			out[i] = f(x[i*width : (i+1)*width])
		}
		return out, nil
	}
}

// withGradient makes a gradient of a function of one input and its derivatives.
func withGradient(f func(x []float64) float64, d func(x []float64) []float64) Gradient {
	return func(ctx context.Context, x []float64, n int) (outputs, derivatives []float64, err error) {
		outputs, err = each(f)(ctx, x, n)
		for i := range n {
			derivatives = append(derivatives, d(x[i*len(x)/n:(i+1)*len(x)/n])...)
		}
		return outputs, derivatives, err
	}
}

func product2(x []float64) float64 { return x[0] * x[1] }

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	f := withGradient(product2, func(x []float64) []float64 { return []float64{x[1], x[0]} })
	x, zero := []float64{2, 3}, []float64{0, 0}
	ig := must(IntegratedGradients(t.Context(), f, x, zero, PathOptions{}))
	near(t, "TV-33 integrated gradients", ig.Values, []float64{3, 3})
	near(t, "TV-33 completeness", []float64{ig.Values[0] + ig.Values[1], ig.Change, ig.Error}, []float64{6, 6, 0})
	near(t, "TV-33 input x gradient", must(InputXGradient(t.Context(), f, x, 1)), []float64{6, 6})

	for _, c := range []struct {
		f    func([]float64) float64
		want []float64
	}{{product2, []float64{3, 3}}, {func(x []float64) float64 { return max(x[0], x[1]) }, []float64{1, 2}}} {
		game, players, err := Masked(each(c.f), x, zero, nil)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "TV-34 exact", values(must(Exact(t.Context(), game, players))), c.want)
		near(t, "TV-34 kernel", values(must(Kernel(t.Context(), game, players, KernelOptions{}))), c.want)
	}
}

// Gradients that are right add up to the change of the output, along any path from a baseline to an input; of a
// linear function both ways say the same.
func TestCompleteness(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SliceOfN(rapid.Float64Range(-3, 3), 4, 4).Draw(t, "weights")
		x := rapid.SliceOfN(rapid.Float64Range(-2, 2), 4, 4).Draw(t, "input")
		base := rapid.SliceOfN(rapid.Float64Range(-2, 2), 4, 4).Draw(t, "baseline")
		legendre := rapid.Bool().Draw(t, "legendre")
		linear := func(x []float64) float64 {
			var s float64
			for i, v := range x {
				s += w[i] * v
			}
			return s
		}
		cubic := withGradient(func(x []float64) float64 { return math.Pow(linear(x), 3) + x[0]*x[1]*x[2] }, func(x []float64) []float64 {
			d := []float64{x[1] * x[2], x[0] * x[2], x[0] * x[1], 0}
			for i := range d {
				d[i] += 3 * linear(x) * linear(x) * w[i]
			}
			return d
		})
		ig := must(IntegratedGradients(t.Context(), cubic, x, base, PathOptions{Legendre: legendre, Tolerance: 1e-3}))
		if miss := math.Abs(infer.Total(ig.Values) - ig.Change); ig.Error > 1e-3 && ig.Steps < 1024 || legendre && miss > 1e-8 {
			t.Fatalf("%+v", ig)
		}
		flat := withGradient(linear, func([]float64) []float64 { return w })
		same := must(IntegratedGradients(t.Context(), flat, x, make([]float64, 4), PathOptions{Legendre: legendre})).Values
		for i, v := range must(InputXGradient(t.Context(), flat, x, 1)) {
			if math.Abs(v-same[i]) > 1e-9 {
				t.Fatalf("gradient times input %v, integrated %v", v, same[i])
			}
		}
	})
}

// A path that bends sharply needs more points than it starts with, and says so where it may not have them.
func TestPointsAreDoubled(t *testing.T) {
	step := withGradient(func(x []float64) float64 { return math.Tanh(200 * (x[0] - 0.3)) }, func(x []float64) []float64 {
		c := math.Cosh(200 * (x[0] - 0.3))
		return []float64{200 / (c * c)}
	})
	ig := must(IntegratedGradients(t.Context(), step, []float64{1}, []float64{0}, PathOptions{Steps: 8}))
	if ig.Steps <= 8 || ig.Error > 0.05 || math.Abs(ig.Values[0]-2) > 0.1 {
		t.Errorf("%+v, want about 2 by more than 8 points", ig)
	}
	ig = must(IntegratedGradients(t.Context(), step, []float64{1}, []float64{0}, PathOptions{Steps: 8, Most: 16}))
	if ig.Steps != 16 || ig.Error < 0.05 {
		t.Errorf("%+v, want an error above 5 %% by 16 points", ig)
	}
}

// table is the game of drawn worths of all coalitions.
func table(worth []float64, players int) Game {
	return func(_ context.Context, members []bool, n int) ([]float64, error) {
		out := make([]float64, n)
		for i := range out {
			s := 0
			for p := range players {
				if members[i*players+p] {
					s |= 1 << p
				}
			}
			out[i] = worth[s]
		}
		return out, nil
	}
}

// The axioms that make Shapley's values the only ones: they add up, like players get the same, who adds nothing
// gets nothing, and the value of a sum of games is the sum of values.
func TestShapleyAxioms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(1, 6).Draw(t, "players")
		draw := func(what string) []float64 {
			return rapid.SliceOfN(rapid.Float64Range(-5, 5), 1<<m, 1<<m).Draw(t, what)
		}
		v, w, sum := draw("v"), draw("w"), make([]float64, 1<<m)
		for s := range sum {
			sum[s] = v[s] - 2*w[s]
		}
		solve := func(worth []float64, m int) []float64 {
			e, k := must(Exact(t.Context(), table(worth, m), m)), must(Kernel(t.Context(), table(worth, m), m, KernelOptions{}))
			for p := range m {
				if math.Abs(e.Values[p].Value-k.Values[p].Value) > 1e-9 || k.Values[p].SE != 0 {
					t.Fatalf("player %d: %v of all orders, %v of least squares", p, e.Values[p], k.Values[p])
				}
			}
			if math.Abs(infer.Total(values(e))-(e.Full-e.Empty)) > 1e-9 {
				t.Fatalf("values %v of a game worth %v", values(e), e.Full-e.Empty)
			}
			return values(e)
		}
		a, b, ab := solve(v, m), solve(w, m), solve(sum, m)
		for p := range m {
			if math.Abs(a[p]-2*b[p]-ab[p]) > 1e-9 {
				t.Fatalf("%v and %v, of their sum %v", a, b, ab)
			}
		}
		// One more player who adds nothing, and one who does what the first does.
		idle, twin := make([]float64, 2<<m), make([]float64, 2<<m)
		for s := range idle {
			idle[s] = v[s&(1<<m-1)]
			first := (s | s>>m) & 1
			twin[s] = v[s&(1<<m-2)|first]
		}
		got := solve(idle, m+1)
		if math.Abs(got[m]) > 1e-9 || math.Abs(got[0]-a[0]) > 1e-9 {
			t.Fatalf("an idle player beside %v: %v", a, got)
		}
		if got = solve(twin, m+1); math.Abs(got[0]-got[m]) > 1e-9 {
			t.Fatalf("players 0 and %d are alike: %v", m, got)
		}
	})
}

// With fewer coalitions than there are values add up still, are the same for one seed, and lie about the exact ones as
// far as their errors say; of an additive game they have none.
func TestKernelDraws(t *testing.T) {
	const m = 12
	r := rand.New(rand.NewPCG(3, 4))
	worth, additive := make([]float64, 1<<m), make([]float64, 1<<m)
	for s := range worth {
		for p := range m {
			if s>>p&1 == 1 {
				additive[s] += float64(p)
				for q := range p {
					if s>>q&1 == 1 {
						worth[s] += math.Sin(float64(p*q) + 0.3)
					}
				}
			}
		}
		worth[s] = math.Tanh(worth[s]) + 0.1*r.NormFloat64()
	}
	exact := must(Exact(t.Context(), table(worth, m), m))
	held, total := 0, 0
	for seed := range uint64(20) {
		o := KernelOptions{Coalitions: 400, Seed: seed}
		k := must(Kernel(t.Context(), table(worth, m), m, o))
		if again := must(Kernel(t.Context(), table(worth, m), m, o)); !slices.Equal(values(again), values(k)) {
			t.Fatalf("seed %d: %v and %v", seed, values(again), values(k))
		}
		if math.Abs(infer.Total(values(k))-(k.Full-k.Empty)) > 1e-9 || k.Coalitions > 402 {
			t.Errorf("%d coalitions: values add up to %v, want %v", k.Coalitions, infer.Total(values(k)), k.Full-k.Empty)
		}
		for p, v := range k.Values {
			total++
			if must(v.Interval(0.9)).Contains(exact.Values[p].Value) {
				held++
			}
			if v.SE == 0 || v.SE > 0.1 {
				t.Errorf("player %d: %+v, exact %v", p, v, exact.Values[p].Value)
			}
		}
	}
	if held < total*80/100 || held > total*98/100 {
		t.Errorf("%d of %d intervals of 90 %% hold the exact value", held, total)
	}
	for p, v := range must(Kernel(t.Context(), table(additive, m), m, KernelOptions{Coalitions: 100})).Values {
		if math.Abs(v.Value-float64(p)) > 1e-9 || v.SE > 1e-9 {
			t.Errorf("player %d of an additive game: %+v", p, v)
		}
	}
}

// Coalitions that are drawn have sizes as often as these weigh, and players in them alike.
func TestDrawnSizes(t *testing.T) {
	for _, m := range []int{9, 12} {
		const k, pairs = 2, 20000
		c := &coalitions{players: m}
		weight := make([]float64, m+1)
		for size := k; size <= m-k; size++ {
			weight[size] = sizeWeight(m, size)
			c.rest += weight[size]
		}
		c.draw(k, pairs, 5)
		sizes, in := make([]float64, m+1), make([]float64, m)
		for _, pair := range c.pairs {
			small := c.members[pair[0]*m : (pair[0]+1)*m]
			sizes[size(small)] += 1.0 / (2 * pairs)
			sizes[m-size(small)] += 1.0 / (2 * pairs)
			for p, yes := range small {
				if yes {
					in[p] += float64(m) / float64(size(small)) / pairs
				}
			}
		}
		for n, share := range sizes {
			if math.Abs(share-weight[n]/c.rest) > 4*math.Sqrt(0.25/pairs) {
				t.Errorf("%d of %d players in a share of %v, want %v", n, m, share, weight[n]/c.rest)
			}
		}
		for p, often := range in {
			if math.Abs(often-1) > 0.05 {
				t.Errorf("player %d of %d drawn %v times as often as the mean", p, m, often)
			}
		}
	}
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	ctx := t.Context()
	nan := each(func([]float64) float64 { return math.NaN() })
	slope := withGradient(product2, func([]float64) []float64 { return []float64{math.Inf(1), 0} })
	one := []float64{1, 1}
	_, rows := InputXGradient(ctx, slope, one, 3)
	_, infinite := InputXGradient(ctx, slope, one, 1)
	_, baseline := IntegratedGradients(ctx, slope, one, one[:1], PathOptions{})
	_, points := IntegratedGradients(ctx, slope, one, one, PathOptions{Steps: 9, Most: 3})
	_, path := IntegratedGradients(ctx, slope, one, one, PathOptions{})
	_, _, base := Masked(nan, one, one[:1], nil)
	_, _, owner := Masked(nan, one, one, []int{0, 2})
	game, _, _ := Masked(nan, one, one, nil)
	_, exact := Exact(ctx, game, 2)
	_, many := Exact(ctx, game, 13)
	_, members := Exact(ctx, game, 3)
	_, kernel := Kernel(ctx, game, 2, KernelOptions{})
	_, few := Kernel(ctx, table(make([]float64, 1<<9), 9), 9, KernelOptions{Coalitions: 50})
	for i, c := range []struct{ err, want error }{
		{rows, infer.ErrRange}, {infinite, infer.ErrNotFinite}, {baseline, infer.ErrRange}, {points, infer.ErrRange}, {path, infer.ErrNotFinite},
		{base, infer.ErrRange}, {owner, infer.ErrRange}, {exact, infer.ErrNotFinite}, {many, infer.ErrRange}, {members, infer.ErrRange},
		{kernel, infer.ErrNotFinite}, {few, infer.ErrTooFew},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
