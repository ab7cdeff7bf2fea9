// Package moments sums each unit's values: count, mean, variance, range, and in how many samples the
// unit was active, over all positions, at activations and at what batch normalisation reads.
package moments

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/signal"
	"github.com/stratascope/stratascope/statistic"
)

// Statistic sums the activations of every layer and the inputs of its batch normalisation, on the
// training samples and on those held out.
var Statistic = &statistic.Live[*State]{
	Name: "moments", Version: 1,
	Keys: keys,
	Cost: cost,
	New:  func(statistic.Env) (*State, error) { return &State{}, nil },
}

// View is the view under which a split's moments are summed.
func View(s dataset.Split) capture.View { return capture.View{Split: s} }

func keys(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
	var out []statistic.Key
	for _, split := range c.Splits {
		for _, l := range c.Layers {
			out = append(out, statistic.At(View(split), finding.Site{Layer: l.Name, Of: finding.Activation}))
			if l.Norm != nil {
				out = append(out, statistic.At(View(split), finding.Site{Layer: l.Name, Of: finding.PreNorm}))
			}
		}
		out = append(out, statistic.At(View(split), finding.Site{Layer: "input", Of: finding.Input}),
			statistic.At(View(split), finding.Site{Layer: "output", Of: finding.Output}))
	}
	return out, nil
}

func cost(e statistic.Env) statistic.Cost {
	for _, l := range e.Case.Layers {
		if l.Name == e.Key.A.Layer {
			return statistic.Cost{Bytes: int64(l.Units) * unitBytes, Ops: 4 * int64(size(l))}
		}
	}
	return statistic.Cost{}
}

func size(l graph.Layer) int {
	n := 1
	for _, d := range l.Shape {
		n *= max(1, d)
	}
	return n
}

// unitBytes is the size of a Unit in memory.
const unitBytes = 64

// A Unit is one unit's sums.
type Unit struct {
	Sum, Square infer.Sum // of values and of their squares, over samples and positions
	Active      int64     // samples in which some position is above 0
	Min, Max    float32
}

// Mean returns the unit's mean over n values.
func (u Unit) Mean(n int64) float64 { return u.Sum.Value() / float64(n) }

// Variance returns the unit's variance over n values, with n in the denominator.
func (u Unit) Variance(n int64) float64 {
	// Sum of (x - m)^2 = sum x^2 - 2 m sum x + n m^2 holds for any m, so that the rounding of the mean
	// costs nothing; the sums carry 106 bits.
	m := u.Mean(n)
	high := m * m
	low := math.FMA(m, m, -high)
	d := u.Square
	d.AddProduct(-2*m, u.Sum.Hi)
	d.AddProduct(-2*m, u.Sum.Lo)
	d.AddProduct(float64(n), high)
	d.AddProduct(float64(n), low)
	return max(0, d.Value()/float64(n))
}

// State holds the sums of one site. Samples with a value that is not finite are counted and left out.
type State struct {
	Samples   int64 // samples summed
	Positions int64 // values summed per unit: samples times positions
	Bad       int64 // samples with a value that is not finite
	FirstBad  int64 // row of the first of these, -1 if none
	Overflow  int64 // values beyond the range of half precision
	Units     []Unit
}

// half is the largest finite value of half precision.
const half = 65504

// Add sums some samples.
func (s *State) Add(r capture.Rows) error {
	shape, err := capture.ShapeOf(r.X.Shape(), r.Axis)
	if err != nil {
		return err
	}
	if s.Units == nil {
		s.start(shape.Units)
	}
	if len(s.Units) != shape.Units {
		return fmt.Errorf("values have %d units, want %d", shape.Units, len(s.Units))
	}
	v := r.X.Float32s()
	one := newSample(shape.Units)
	for n := range shape.N {
		if !one.sum(v[n*shape.Sample:(n+1)*shape.Sample], shape) {
			if row := int64(r.First + n); s.FirstBad < 0 || row < s.FirstBad {
				s.FirstBad = row
			}
			s.Bad++
			continue
		}
		s.Samples++
		s.Positions += int64(shape.Positions)
		for u := range s.Units {
			x := &s.Units[u]
			x.Sum.Add(one.total[u])
			x.Square.Add(one.square[u])
			x.Min, x.Max = min(x.Min, one.low[u]), max(x.Max, one.high[u])
			if one.high[u] > 0 {
				x.Active++
			}
		}
		s.Overflow += one.overflow(v[n*shape.Sample : (n+1)*shape.Sample])
	}
	return nil
}

func (s *State) start(units int) {
	s.FirstBad = -1
	s.Units = make([]Unit, units)
	for u := range s.Units {
		s.Units[u].Min, s.Units[u].Max = float32(math.Inf(1)), float32(math.Inf(-1))
	}
}

// A sample is the sums of one sample, unit by unit. Summing samples apart makes the whole independent
// of how samples are shared out.
type sample struct {
	total, square []float64
	low, high     []float32
}

func newSample(units int) *sample {
	return &sample{make([]float64, units), make([]float64, units), make([]float32, units), make([]float32, units)}
}

// sum fills in one sample and reports whether all its values are finite.
func (s *sample) sum(v []float32, shape capture.Shape) bool {
	if shape.Unit == 1 {
		return s.tokens(v, shape)
	}
	for u := range s.total {
		x := v[u*shape.Unit : u*shape.Unit+shape.Positions]
		m := kernel.Moments32(x)
		if math.IsNaN(m.Square) || math.IsInf(m.Square, 0) {
			return false
		}
		s.total[u], s.square[u] = m.Sum, m.Square
		s.low[u], s.high[u] = m.Low+0, m.High+0 // +0: a zero has no sign here
	}
	return true
}

// tokens sums a sample whose units are contiguous at each position.
func (s *sample) tokens(v []float32, shape capture.Shape) bool {
	for p := range shape.Positions {
		row := v[p*shape.Position:][:shape.Units]
		if p == 0 {
			for u, y := range row {
				s.total[u], s.square[u], s.low[u], s.high[u] = float64(y), float64(y)*float64(y), y, y
			}
			continue
		}
		kernel.AddMoments32(s.total, s.square, s.low, s.high, row) // NaN is found in the squares
	}
	for _, q := range s.square {
		if math.IsNaN(q) || math.IsInf(q, 0) {
			return false
		}
	}
	return true
}

// overflow counts values that half precision cannot hold.
func (s *sample) overflow(v []float32) int64 {
	any := false
	for u := range s.high {
		any = any || s.high[u] > half || s.low[u] < -half
	}
	if !any {
		return 0
	}
	var n int64
	for _, y := range v {
		if y > half || y < -half {
			n++
		}
	}
	return n
}

// Dormancy returns each unit's score, its mean absolute value over that of all units (package signal). It is had
// where no unit takes both signs, as behind a ReLU: absolute values are not summed.
func (s *State) Dormancy() ([]float64, error) {
	means := make([]float64, len(s.Units))
	for u, x := range s.Units {
		if x.Min < 0 && x.Max > 0 {
			return nil, statistic.Unavailable("both-signs", "unit %d takes both signs, its absolute values are not summed", u)
		}
		means[u] = math.Abs(x.Mean(s.Positions))
	}
	return signal.Dormancy(means)
}

// Merge takes in the sums of other samples.
func (s *State) Merge(o *State) error {
	if o.Units == nil {
		return nil
	}
	if s.Units == nil {
		s.start(len(o.Units))
	}
	if len(s.Units) != len(o.Units) {
		return fmt.Errorf("merging %d units with %d", len(s.Units), len(o.Units))
	}
	s.Samples += o.Samples
	s.Positions += o.Positions
	s.Bad += o.Bad
	s.Overflow += o.Overflow
	if o.FirstBad >= 0 && (s.FirstBad < 0 || o.FirstBad < s.FirstBad) {
		s.FirstBad = o.FirstBad
	}
	for u := range s.Units {
		x, y := &s.Units[u], o.Units[u]
		x.Sum.Merge(y.Sum)
		x.Square.Merge(y.Square)
		x.Active += y.Active
		x.Min, x.Max = min(x.Min, y.Min), max(x.Max, y.Max)
	}
	return nil
}

// AppendBinary appends the state: five counts, the number of units, then each unit's sums, count and
// range, little-endian.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	for _, v := range []int64{s.Samples, s.Positions, s.Bad, s.FirstBad, s.Overflow, int64(len(s.Units))} {
		b = le.AppendUint64(b, uint64(v))
	}
	for _, u := range s.Units {
		for _, v := range []float64{u.Sum.Hi, u.Sum.Lo, u.Square.Hi, u.Square.Lo} {
			b = le.AppendUint64(b, math.Float64bits(v))
		}
		b = le.AppendUint64(b, uint64(u.Active))
		b = le.AppendUint32(b, math.Float32bits(u.Min))
		b = le.AppendUint32(b, math.Float32bits(u.Max))
	}
	return b, nil
}

// UnmarshalBinary reads what AppendBinary wrote.
func (s *State) UnmarshalBinary(b []byte) error {
	const head, each = 6 * 8, 48
	if len(b) < head {
		return fmt.Errorf("moments: %d bytes, want at least %d", len(b), head)
	}
	le := binary.LittleEndian
	var c [6]int64
	for i := range c {
		c[i] = int64(le.Uint64(b[8*i:]))
	}
	b = b[head:]
	if c[5] < 0 || int64(len(b)) != c[5]*each || c[5] > int64(len(b)) {
		return fmt.Errorf("moments: %d bytes for %d units, want %d each", len(b), c[5], each)
	}
	*s = State{Samples: c[0], Positions: c[1], Bad: c[2], FirstBad: c[3], Overflow: c[4]}
	if c[5] > 0 {
		s.Units = make([]Unit, c[5])
	}
	for i := range s.Units {
		u, x := &s.Units[i], b[i*each:]
		f := func(at int) float64 { return math.Float64frombits(le.Uint64(x[at:])) }
		u.Sum, u.Square = infer.Sum{Hi: f(0), Lo: f(8)}, infer.Sum{Hi: f(16), Lo: f(24)}
		u.Active = int64(le.Uint64(x[32:]))
		u.Min, u.Max = math.Float32frombits(le.Uint32(x[40:])), math.Float32frombits(le.Uint32(x[44:]))
	}
	return nil
}
