package dataset

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// ramp returns n samples of one shape whose values go evenly from low to high.
func ramp(low, high float64, n int, shape ...int) tensor.Tensor {
	t := tensor.New(tensor.Float32, append([]int{n}, shape...)...)
	all := t.Float32s()
	for i := range all {
		all[i] = float32(low + (high-low)*float64(i)/float64(len(all)-1))
	}
	return t
}

func pixelRamp(shape ...int) tensor.Tensor {
	t := tensor.New(tensor.Uint8, shape...)
	for i := range tensor.Data[uint8](t) {
		tensor.Data[uint8](t)[i] = uint8(i)
	}
	return t
}

// arraySet opens samples as x of an npz.
func arraySet(t *testing.T, x tensor.Tensor, o Options) *Set {
	t.Helper()
	y := make([]int64, x.Dim(0))
	for i := range y {
		y[i] = int64(i % 2)
	}
	dir := tree(t, map[string][]byte{"d.npz": npzBytes(t, map[string]tensor.Tensor{"x": x, "y": tensor.Of(y, len(y))})})
	return opened(t, filepath.Join(dir, "d.npz"), o)
}

// Ranges of fractions are told apart, and each is brought to every other one.
func TestRangesOfFloats(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		others    []string
	}{
		{0, 1, []string{"-1-1", "0-255", "standard"}},
		{-1, 1, []string{"0-1", "0-255", "standard"}},
		{0, 255, []string{"0-1", "-1-1", "standard"}},
		{-2.1, 2.6, []string{"0-1", "-1-1", "0-255", "standard"}}, // standardised
	} {
		o := Options{Inputs: []Input{{"x", []int{-1, 1, 4, 4}, tensor.Float32}}}
		s := arraySet(t, ramp(c.low, c.high, 4, 1, 4, 4), o)
		others, _ := s.Alternatives()
		if !slices.Equal(presetNames(others), c.others) {
			t.Errorf("%g to %g: %q, want %q", c.low, c.high, presetNames(others), c.others)
		}
		for _, a := range others {
			want := map[string][2]float64{"0-1": {0, 1}, "-1-1": {-1, 1}, "0-255": {0, 255}, "standard": {-math.Sqrt(63 / 65.0 * 3), math.Sqrt(63 / 65.0 * 3)}}[a.Name]
			other, err := s.With(a)
			if err != nil {
				t.Fatal(err)
			}
			x := read(t, other, "x", 0, 1, 2, 3).Float32s()
			if low, high := float64(x[0]), float64(x[len(x)-1]); math.Abs(low-want[0]) > 1e-4 || math.Abs(high-want[1]) > 1e-4 {
				t.Errorf("%g to %g under %s: %g to %g, want %g to %g", c.low, c.high, a.Name, low, high, want[0], want[1])
			}
		}
	}
}

// What is for colours is not tried on grey pictures, what is for pictures not on tables.
func TestAlternativesSuitTheSamples(t *testing.T) {
	columns := ramp(0, 200, 4, 8)
	for i, v := range columns.Float32s() { // columns of other units
		columns.Float32s()[i] = v * float32(1+i%8)
	}
	for _, c := range []struct {
		name string
		x    tensor.Tensor
		want []int
		is   []string
	}{
		{"a table", columns, []int{-1, 8}, []string{"standard"}},
		{"a standardised table", ramp(-1.5, 2, 4, 8), []int{-1, 8}, nil},
		{"flattened pictures", ramp(0, 255, 4, 64), []int{-1, 64}, []string{"0-1", "-1-1", "standard"}},
		{"a signal", ramp(-1, 1, 4, 1, 100), []int{-1, 1, 100}, []string{"0-1", "0-255", "standard"}},
		{"grey", pixelRamp(4, 8, 8), []int{-1, 1, 8, 8}, []string{"-1-1", "none", "standard"}},
		{"grey as RGB", pixelRamp(4, 8, 8), []int{-1, 3, 8, 8}, []string{"imagenet", "-1-1", "none", "standard"}},
		{"colours", pixelRamp(4, 8, 8, 3), []int{-1, 3, 8, 8}, []string{"imagenet", "-1-1", "bgr255", "bgr", "none", "standard"}},
	} {
		o := Options{Inputs: []Input{{"x", c.want, tensor.Float32}}}
		if c.name == "grey as RGB" {
			o.Preprocess = preset(t, "0-1")
		}
		if others, _ := arraySet(t, c.x, o).Alternatives(); !slices.Equal(presetNames(others), c.is) {
			t.Errorf("%s: %q, want %q", c.name, presetNames(others), c.is)
		}
	}
	csv := tree(t, map[string][]byte{"d.csv": []byte("label,a,b\n0,1,200\n1,3,400\n0,1,200\n1,3,400\n")})
	s := opened(t, filepath.Join(csv, "d.csv"), Options{Inputs: []Input{{"x", []int{-1, 2}, tensor.Float32}}})
	others, _ := s.Alternatives()
	if !slices.Equal(presetNames(others), []string{"standard"}) {
		t.Fatalf("a table: %q, want standard", presetNames(others))
	}
	s, err := s.With(others[0])
	if err != nil {
		t.Fatal(err)
	}
	s.Splits = slices.Repeat([]Split{Val}, 4)
	if x := read(t, s, "x", 0, 1).Float32s(); !slices.Equal(x, []float32{-1, -1, 1, 1}) {
		t.Errorf("columns of their own mean and sd: %v", x)
	}
}
