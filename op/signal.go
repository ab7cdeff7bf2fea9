package op

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// Windows and transforms of signals.
var (
	HannWindow     = &Op{Name: "HannWindow", Run: cosineWindow(0.5, 0.5, 0)}
	HammingWindow  = &Op{Name: "HammingWindow", Run: cosineWindow(25.0/46, 21.0/46, 0)}
	BlackmanWindow = &Op{Name: "BlackmanWindow", Run: cosineWindow(0.42, 0.5, 0.08)}
	DFT            = &Op{Name: "DFT", Run: dft}
	STFT           = &Op{Name: "STFT", Run: stft}
)

// cosineWindow is a - b*cos(2 pi n / N) + c*cos(4 pi n / N).
func cosineWindow(a, b, c float64) Func {
	return func(x *Exec, at Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if err := check(in, 1, 1); err != nil {
			return nil, err
		}
		size, err := scalarOf(in[0])
		if err != nil {
			return nil, err
		}
		d, err := TypeOf(at.Int("output_datatype", 1))
		if err != nil {
			return nil, err
		}
		if !(size >= 0 && size < 1<<40) {
			return nil, fmt.Errorf("a window of %v values", size)
		}
		y, err := x.New(tensor.Float64, int(size))
		if err != nil {
			return nil, err
		}
		n := size
		if at.Int("periodic", 1) == 0 {
			n--
		}
		for i := range y.Float64s() {
			p := 2 * math.Pi * float64(i) / n
			y.Float64s()[i] = a - b*math.Cos(p) + c*math.Cos(2*p)
		}
		return one(convert(x, y, d))
	}
}

// A spectrum is a discrete Fourier transform of one length.
type spectrum struct {
	n     int
	roots []complex128
}

func spectrumOf(n int, inverse bool) *spectrum {
	s := &spectrum{n: n, roots: make([]complex128, n)}
	sign := -2 * math.Pi
	if inverse {
		sign = -sign
	}
	for k := range s.roots {
		s.roots[k] = cmplx.Rect(1, sign*float64(k)/float64(n))
	}
	return s
}

// at sums the definition for one frequency; signals of networks are short.
func (s *spectrum) at(k int, v []complex128) complex128 {
	var sum complex128
	i := 0
	for _, u := range v {
		sum += u * s.roots[i]
		if i += k; i >= s.n {
			i -= s.n
		}
	}
	return sum
}

// mostTerms bounds the terms a transform may sum.
const mostTerms = 1 << 34

func dft(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 3); err != nil {
		return nil, err
	}
	t := in[0]
	if t.Rank() < 2 || t.Dim(-1) != 1 && t.Dim(-1) != 2 {
		return nil, fmt.Errorf("input of shape %v, want one or two parts in the last dimension", t.Shape())
	}
	which := a.Int("axis", -2)
	if v := optional(in, 2); v.Valid() {
		f, err := scalarOf(v)
		if err != nil {
			return nil, err
		}
		which = int64(f)
	}
	axis, err := axisOf(which, t.Rank())
	if err != nil {
		return nil, err
	}
	if axis == t.Rank()-1 {
		return nil, fmt.Errorf("axis %d holds the parts of the numbers", axis)
	}
	inverse, onesided := a.Int("inverse", 0) != 0, a.Int("onesided", 0) != 0
	n := t.Dim(axis)
	if inverse && onesided {
		n = 2 * (n - 1)
	}
	if v := optional(in, 1); v.Valid() {
		f, err := scalarOf(v)
		if err != nil {
			return nil, err
		}
		if f < 1 || f > 1<<30 {
			return nil, fmt.Errorf("length %v of a transform", f)
		}
		n = int(f)
	}
	bins, parts := n, 2
	switch {
	case inverse && onesided:
		parts = 1
	case onesided:
		bins = n/2 + 1
	}
	shape := slices.Clone(t.Shape())
	shape[axis], shape[len(shape)-1] = bins, parts
	y, err := x.New(tensor.Float64, shape...)
	if err != nil {
		return nil, err
	}
	if n < 1 || float64(y.Len())*float64(n) > mostTerms {
		return nil, fmt.Errorf("a transform of length %d of shape %v", n, t.Shape())
	}
	v, err := floatsOf(t)
	if err != nil {
		return nil, err
	}
	lines := signals{v: v, parts: t.Dim(-1), n: t.Dim(axis), inner: volume(t.Shape()[axis+1 : t.Rank()-1])}
	s := spectrumOf(n, inverse)
	if err := lines.transform(x, y.Float64s(), s, bins, parts, inverse, inverse && onesided); err != nil {
		return nil, err
	}
	return one(convert(x, y, t.DType()))
}

// signals are numbers of one or two parts along an axis.
type signals struct {
	v               []float64
	parts, n, inner int
}

func (g *signals) transform(x *Exec, y []float64, s *spectrum, bins, parts int, inverse, half bool) error {
	lines := len(y) / max(1, bins*parts)
	line := make([]complex128, s.n)
	for l := range lines {
		if err := x.stopped(); err != nil {
			return err
		}
		clear(line)
		first := l/g.inner*g.n*g.inner + l%g.inner
		for i := range min(g.n, s.n) {
			at := (first + i*g.inner) * g.parts
			line[i] = complex(g.v[at], 0)
			if g.parts == 2 {
				line[i] = complex(g.v[at], g.v[at+1])
			}
		}
		if half {
			for i := s.n/2 + 1; i < s.n; i++ {
				line[i] = cmplx.Conj(line[s.n-i])
			}
		}
		for k := range bins {
			c := s.at(k, line)
			if inverse {
				c /= complex(float64(s.n), 0)
			}
			at := ((l/g.inner*bins+k)*g.inner + l%g.inner) * parts
			y[at] = real(c)
			if parts == 2 {
				y[at+1] = imag(c)
			}
		}
	}
	return nil
}

// stft transforms frames of a signal, each multiplied by a window.
func stft(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 4); err != nil {
		return nil, err
	}
	t := in[0]
	if t.Rank() < 2 || t.Rank() > 3 {
		return nil, fmt.Errorf("signal of shape %v, want rank 2 or 3", t.Shape())
	}
	parts := 1
	if t.Rank() == 3 {
		parts = t.Dim(2)
	}
	step, err := scalarOf(in[1])
	if err != nil {
		return nil, err
	}
	var window []float64
	length := 0.0
	if w := optional(in, 2); w.Valid() {
		if window, err = floatsOf(w); err != nil {
			return nil, err
		}
		length = float64(len(window))
	}
	if l := optional(in, 3); l.Valid() {
		if length, err = scalarOf(l); err != nil {
			return nil, err
		}
	}
	n := t.Dim(1)
	if parts != 1 && parts != 2 || step < 1 || length < 1 || length > float64(n) || window != nil && len(window) != int(length) {
		return nil, fmt.Errorf("signal of shape %v in frames of %v every %v with a window of %d", t.Shape(), length, step, len(window))
	}
	size := int(length)
	frames := (n-size)/int(min(step, float64(n))) + 1
	bins := size
	if a.Int("onesided", 1) != 0 {
		bins = size/2 + 1
	}
	y, err := x.New(tensor.Float64, t.Dim(0), frames, bins, 2)
	if err != nil {
		return nil, err
	}
	if float64(y.Len())*length > mostTerms {
		return nil, fmt.Errorf("%d frames of %d", frames, size)
	}
	v, err := floatsOf(t)
	if err != nil {
		return nil, err
	}
	s, per := spectrumOf(size, false), bins*2
	for f := range t.Dim(0) * frames {
		from := (f/frames*n + f%frames*int(step)) * parts
		frame := slices.Clone(v[from : from+size*parts])
		for i := range frame {
			if window != nil {
				frame[i] *= window[i/parts]
			}
		}
		g := signals{v: frame, parts: parts, n: size, inner: 1}
		if err := g.transform(x, y.Float64s()[f*per:(f+1)*per], s, bins, 2, false, false); err != nil {
			return nil, err
		}
	}
	return one(convert(x, y, t.DType()))
}
