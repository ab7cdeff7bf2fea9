package similarity

import (
	"errors"
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The jackknife of any measure is that of the values without each group, and RBF's is that of CKA for a wide kernel.
func TestJackknifeLeavesGroupsOut(t *testing.T) {
	xs := layers(100, []int{4, 6}, "plain")
	groups := make([]int, 100)
	for i := range groups {
		groups[i] = i % 10
	}
	e := must(Jackknife(t.Context(), 3, xs[0], xs[1], groups, Debiased))
	p := must(AllPairs(t.Context(), 1, xs, groups, Options{}))
	near(t, "value", e.Value, p.Value[1], 1e-6)
	plain := must(infer.Jackknife(p.Value[1], p.LeaveOut(0, 1)))
	near(t, "error", e.SE, plain.SE, 1e-6)
	linear := must(RBFEstimate(xs[0], xs[1], RBFOptions{Share: 1e4, Groups: groups}))
	near(t, "error of a wide kernel", linear.SE, p.SE[1], 1e-6)
	own := must(RBFEstimate(xs[0], xs[1], RBFOptions{}))
	again := must(Jackknife(t.Context(), 1, xs[0], xs[1], nil, func(x, y Matrix) (float64, error) { return RBF(x, y, RBFOptions{}) }))
	near(t, "RBF", own.Value, again.Value, 1e-12)
	if own.SE > again.SE || own.SE < again.SE*math.Sqrt(0.5) {
		t.Errorf("error of RBF %v, with what two groups do together counted twice %v", own.SE, again.SE)
	}
	_, short := Jackknife(t.Context(), 1, xs[0], xs[1], groups[:3], Debiased)
	_, one := Jackknife(t.Context(), 1, xs[0], xs[1], make([]int, 100), Debiased)
	if !errors.Is(short, infer.ErrRange) || !errors.Is(one, infer.ErrTooFew) {
		t.Errorf("groups of other number: %v; one group: %v", short, one)
	}
}

// What batches add up is HSIC of each, for both kernels; merged states are one.
func TestBatchesAddUp(t *testing.T) {
	xs := layers(160, []int{5, 60}, "offset")
	x, y := xs[0], xs[1]
	width := 0.5 * must(MedianDistance(x))
	for _, w := range []float64{0, width} {
		b, other := must(NewBatches(w, 0)), must(NewBatches(w, 0))
		var s [3]float64
		for i := range 8 {
			at := b
			if i > 4 {
				at = other
			}
			bx, by := part(x, 20*i, 20*i+20), part(y, 20*i, 20*i+20)
			if err := at.Add(bx, by); err != nil {
				t.Fatal(err)
			}
			k, l := slowKernel(bx, w), slowKernel(by, 0)
			for j, v := range kernelHSIC(k, l, 20, false) {
				s[j] += v
			}
		}
		if err := b.Merge(other); err != nil {
			t.Fatal(err)
		}
		e := must(b.Estimate())
		near(t, "sum over batches", e.Value, s[1]/math.Sqrt(s[0]*s[2]), 1e-9)
		if !(e.SE > 0) || e.DF != 7 {
			t.Errorf("estimate %+v of 8 batches", e)
		}
		// In other units: the widths go with them.
		if err := b.Merge(must(NewBatches(w, 1))); !errors.Is(err, infer.ErrRange) {
			t.Errorf("other widths: %v", err)
		}
		if err := b.Add(part(x, 0, 3), part(y, 0, 3)); !errors.Is(err, infer.ErrTooFew) || len(b.hsic) != 8 {
			t.Errorf("3 samples: %v, %d batches", err, len(b.hsic))
		}
	}
	if _, err := must(NewBatches(0, 0)).CKA(); err == nil {
		t.Error("no batches have a CKA")
	}
	if _, err := NewBatches(-1, 0); !errors.Is(err, infer.ErrRange) {
		t.Errorf("negative width: %v", err)
	}
}

func slowKernel(m Matrix, width float64) []float64 {
	k := make([]float64, m.N*m.N)
	for i := range m.N {
		for j := range m.N {
			var d, p float64
			for u := range m.D {
				a, b := float64(m.row(i)[u])-1e4, float64(m.row(j)[u])-1e4
				d += (a - b) * (a - b)
				p += a * b
			}
			if k[i*m.N+j] = p; width > 0 {
				k[i*m.N+j] = math.Exp(-d / (2 * width * width))
			}
		}
	}
	return k
}

// Two layers that share nothing but the input's two clusters look alike; without what the input explains
// they do not. All pairs give the same value, with an interval.
func TestDeconfoundedForgetsTheInput(t *testing.T) {
	in, x, y := gaussian32(1, 400, 6), gaussian32(2, 400, 10), gaussian32(3, 400, 12)
	for i := range 400 {
		for j := range in.row(i) {
			in.row(i)[j] /= 20
		}
		for _, m := range []Matrix{in, x, y} {
			m.row(i)[0] += float32(i%2) * 10
		}
	}
	if v := must(Debiased(x, y)); v < 0.8 {
		t.Errorf("layers of one structure have CKA %v", v)
	}
	v := must(Deconfounded(x, y, in))
	near(t, "without the input", v, 0, 0.1)
	p := must(AllPairs(t.Context(), 1, []Matrix{in, x, y}, nil, Options{}))
	e := must(p.Deconfounded(1, 2, 0))
	near(t, "from all pairs", e.Value, v, 1e-5)
	if !(e.SE > 0 && e.SE < 0.1) {
		t.Errorf("error %v", e.SE)
	}
	all := must(must(AllPairs(t.Context(), 2, []Matrix{in, x, y, x}, nil, Options{Level: 0.9})).Without(0))
	near(t, "all others", all.Value[0*3+1], e.Value, 1e-6)
	near(t, "their error", all.SE[1*3+0], e.SE, 1e-6)
	near(t, "a layer and itself", all.Value[0*3+2], 1, 1e-6)
	i := must(e.Interval(0.9))
	near(t, "low end", all.Low[1*3+2], i.Low, 1e-6)
	near(t, "high end", all.High[2*3+1], i.High, 1e-6)
	same := must(must(AllPairs(t.Context(), 1, []Matrix{x, in, in}, nil, Options{})).Without(1))
	if same.Reason[0] != nil || !errors.Is(same.Reason[1], infer.ErrConstant) || same.L != 2 {
		t.Errorf("a layer that is the input: %v, of %d", same.Reason, same.L)
	}
	if _, err := p.Deconfounded(1, 0, 0); !errors.Is(err, infer.ErrConstant) {
		t.Errorf("the input itself: %v", err)
	}
	if _, err := must(AllPairs(t.Context(), 1, []Matrix{in, x, y}, nil, Options{Biased: true})).Deconfounded(1, 2, 0); !errors.Is(err, infer.ErrRange) {
		t.Errorf("biased: %v", err)
	}
}
