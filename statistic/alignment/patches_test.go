package alignment

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

func TestLaws(t *testing.T) {
	statistictest.Run(t, Patches, func(s *Seen) []byte {
		b, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func TestStatesAreReadWithBoundedMemory(t *testing.T) {
	b := bytes.Repeat([]byte{0xff}, 64)
	binary.LittleEndian.PutUint64(b, 1<<40)
	binary.LittleEndian.PutUint64(b[8:], 1<<40)
	allocated.Within(t, len(b), func() {
		if err := new(Seen).UnmarshalBinary(b); err == nil {
			t.Error("a state of 2^80 values was read from 64 bytes")
		}
	})
}

type given map[string]any

func (a given) Str(name, otherwise string) string {
	if s, ok := a[name].(string); ok {
		return s
	}
	return otherwise
}

func (a given) Ints(name string) []int64 { v, _ := a[name].([]int64); return v }

// TestPatches: what is cut out for a position times the weights is what a convolution gives there, at the
// edges too.
func TestPatches(t *testing.T) {
	for _, c := range []struct {
		name  string
		attr  given
		shape kernel.ConvShape
	}{
		{"padding", given{"pads": []int64{1, 2, 0, 1}, "strides": []int64{2, 1}}, kernel.ConvShape{Groups: 1, StrideH: 2, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 2, PadRight: 1}},
		{"groups and dilation", given{"dilations": []int64{1, 2}}, kernel.ConvShape{Groups: 2, StrideH: 1, StrideW: 1, DilH: 1, DilW: 2}},
		{"depthwise", given{"pads": []int64{1, 1, 1, 1}}, kernel.ConvShape{Groups: 4, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}},
		{"SAME_UPPER", given{"auto_pad": "SAME_UPPER", "strides": []int64{2, 1}}, kernel.ConvShape{Groups: 1, StrideH: 2, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 0, PadBottom: 1, PadRight: 1}},
		{"SAME_LOWER", given{"auto_pad": "SAME_LOWER", "strides": []int64{2, 1}}, kernel.ConvShape{Groups: 1, StrideH: 2, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.shape
			s.N, s.C, s.H, s.W, s.M, s.KH, s.KW = 1, 4, 7, 6, 8, 3, 2
			if c.name == "depthwise" {
				s.KW = 3
			}
			in := []int{s.H, s.W}
			w := newWindow(c.attr, []int{s.KH, s.KW}).of(in)
			out, err := w.out(in)
			if err != nil {
				t.Fatal(err)
			}
			s.OutH, s.OutW = out[0], out[1]
			taps, per := s.KH*s.KW, s.C/s.Groups
			x, weight := floats(statistictest.Uniform(1, 1, s.C*s.H*s.W), 1, 0), floats(statistictest.Uniform(2, s.M, per*taps), 1, 0)
			y := make([]float32, s.M*s.OutH*s.OutW)
			kernel.Conv32(1, s, x, weight, nil, y, kernel.Epilogue{})
			p := make([]float32, s.C*taps)
			for at := range s.OutH * s.OutW {
				w.patch(p, x, in, out, at)
				for m := range s.M {
					g := m / (s.M / s.Groups)
					got := kernel.Dot64(weight[m*per*taps:(m+1)*per*taps], p[g*per*taps:(g+1)*per*taps])
					if want := float64(y[m*s.OutH*s.OutW+at]); math.Abs(got-want) > 1e-6 {
						t.Fatalf("filter %d at position %d gives %v, want %v", m, at, got, want)
					}
				}
			}
		})
	}
}

// TestReaders: the projections of one attention are one reader; other layers that read one value are
// readers of their own, and what multiplies nothing is none.
func TestReaders(t *testing.T) {
	layer := func(name, op, input string, after ...string) graph.Layer {
		return graph.Layer{Name: name, Op: op, Input: input, Weight: name, After: after}
	}
	got := readers([]graph.Layer{layer("tokens", "Embedding", "x"), layer("q", "Linear", "n"), layer("gate", "Linear", "n"), layer("k", "Linear", "n"), layer("v", "Linear", "n"),
		{Name: "attention", Op: "Attention", After: []string{"q", "k", "v"}}, layer("out", "Linear", "a", "attention")})
	var names [][]string
	for _, ls := range got {
		var n []string
		for _, l := range ls {
			n = append(n, l.Name)
		}
		names = append(names, n)
	}
	if len(names) != 3 || len(names[0]) != 3 || names[0][2] != "v" || names[1][0] != "gate" || names[2][0] != "out" {
		t.Errorf("readers %v", names)
	}
}

// TestTransposed: a transposed convolution reads the channels of one position with one row for each
// filter and tap, group by group.
func TestTransposed(t *testing.T) {
	w := tensor.New(tensor.Float32, 4, 3, 1, 2) // 4 channels in 2 groups to 2 x 3 filters of 2 taps
	for i := range w.Float32s() {
		w.Float32s()[i] = float32(i)
	}
	g := &graph.Graph{Weights: map[string]tensor.Tensor{"w": w}}
	r, err := newReader(g, []graph.Layer{{Name: "up", Op: "ConvTranspose", Groups: 2, Units: 6, Weight: "w", Transpose: true}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.weight(g)
	if err != nil || r.width != 2 || v[0] != 0 || v[1] != 6 || v[2] != 1 || v[12] != 12 || v[13] != 18 {
		t.Errorf("width %d, weights %v, %v", r.width, v, err)
	}
}

// TestOnePositionOfEachSampleChosen: samples beyond the last hash are left out.
func TestOnePositionOfEachSampleChosen(t *testing.T) {
	all := statistictest.Shapes()[1]
	s := &Seen{last: all.IDs[0]}
	if err := s.Add(all); err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, id := range all.IDs {
		if id <= all.IDs[0] {
			want++
		}
	}
	shape, _ := capture.ShapeOf(all.X.Shape(), all.Axis)
	if len(s.rows) != want || s.width != shape.Units {
		t.Errorf("%d samples of %d values, want %d of %d", len(s.rows), s.width, want, shape.Units)
	}
}
