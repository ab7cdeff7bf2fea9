package moments

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/allocated"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/statistictest"
	"github.com/stratascope/stratascope/tensor"
)

func TestLaws(t *testing.T) {
	statistictest.Run(t, Statistic, func(s *State) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(s.Samples))
		for _, u := range s.Units {
			for _, v := range []float64{u.Mean(s.Positions), u.Variance(s.Positions), float64(u.Active), float64(u.Min), float64(u.Max)} {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
			}
		}
		return b
	})
}

// A mean of 1e4 with a deviation of 1 must not drown the variance: the two-pass value is the reference.
func TestVarianceSurvivesOffsets(t *testing.T) {
	x := tensor.New(tensor.Float32, 500, 1, 9)
	var mean float64
	for i := range x.Float32s() {
		x.Float32s()[i] = 1e4 + float32(i%7) - 3
		mean += float64(x.Float32s()[i]) / float64(x.Len())
	}
	var want float64
	for _, v := range x.Float32s() {
		want += (float64(v) - mean) * (float64(v) - mean) / float64(x.Len())
	}
	var s State
	if err := s.Add(capture.Rows{X: x, Axis: 1}); err != nil {
		t.Fatal(err)
	}
	if got := s.Units[0].Variance(s.Positions); math.Abs(got-want) > 1e-9 {
		t.Fatalf("variance %.12f, want %.12f", got, want)
	}
}

func TestSamplesThatAreNotFiniteAreCountedAndLeftOut(t *testing.T) {
	x := tensor.Of([]float32{1, 2, float32(math.NaN()), 1, 3, 70000}, 3, 2)
	var s State
	if err := s.Add(capture.Rows{X: x, Axis: 1, First: 10}); err != nil {
		t.Fatal(err)
	}
	if s.Samples != 2 || s.Bad != 1 || s.FirstBad != 11 || s.Overflow != 1 {
		t.Fatalf("%+v", s)
	}
	if m := s.Units[0].Mean(s.Positions); m != 2 {
		t.Fatalf("mean %v, want 2", m)
	}
}

// Means of 0, 1, 1 and 2 are the scores (TV-19 of METHODS 15); of negative values the size counts.
func TestDormancy(t *testing.T) {
	for _, sign := range []float32{1, -1} {
		var s State
		x := tensor.Of([]float32{0, 2 * sign, 1 * sign, 4 * sign, 0, 0, 1 * sign, 0}, 2, 4)
		if err := s.Add(capture.Rows{X: x, Axis: 1}); err != nil {
			t.Fatal(err)
		}
		if scores, err := s.Dormancy(); err != nil || !slices.Equal(scores, []float64{0, 1, 1, 2}) {
			t.Errorf("scores %v, want 0, 1, 1, 2: %v", scores, err)
		}
	}
	var both State
	if err := both.Add(capture.Rows{X: tensor.Of([]float32{1, -1}, 2, 1), Axis: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := both.Dormancy()
	if code, _ := statistic.Reason(err); code != "both-signs" {
		t.Errorf("a unit of both signs: code %q", code)
	}
}

func FuzzUnmarshalBinary(f *testing.F) {
	var s State
	if err := s.Add(capture.Rows{X: tensor.Of([]float32{1, 2, float32(math.NaN()), 1, 3, 70000}, 3, 2), Axis: 1}); err != nil {
		f.Fatal(err)
	}
	b, err := s.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{})
	f.Add(b[:48])
	f.Fuzz(func(t *testing.T, b []byte) {
		var s State
		var err error
		allocated.Within(t, len(b), func() { err = s.UnmarshalBinary(b) })
		if err != nil {
			return
		}
		got, err := s.AppendBinary(nil)
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("read %x and wrote %x, %v", b, got, err)
		}
		var sum State
		if err := sum.Merge(&s); err != nil {
			t.Fatal(err)
		}
	})
}
