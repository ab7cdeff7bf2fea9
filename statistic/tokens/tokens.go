// Package tokens says how far the tokens of a sample are alike in a layer: as they are, and against what differs between
// samples.
package tokens

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/statistic"
)

// Groups is how many groups of samples are left out for errors; samples come to groups by hash.
const Groups = 10

// Statistic sums the tokens of every layer that has some, but for the output, on the samples held out.
var Statistic = &statistic.Live[*State]{
	Name: "tokens", Version: 2,
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		split, ok := c.Held()
		if !ok {
			return nil, statistic.Unavailable("no-samples", "there are no samples")
		}
		var out []statistic.Key
		for _, l := range c.Layers {
			if Has(l) {
				out = append(out, statistic.At(capture.View{Split: split}, site(l)))
			}
		}
		if len(out) == 0 {
			return nil, statistic.Unavailable("no-tokens", "no layer has tokens")
		}
		return out, nil
	},
	Cost: func(e statistic.Env) statistic.Cost {
		d := int64(e.Layer().Units)
		return statistic.Cost{Bytes: Groups * 16 * d, Ops: 6 * d}
	},
	New: func(e statistic.Env) (*State, error) { return &State{seed: infer.Seed(e.Case.Seed, "tokens")}, nil },
}

// Has reports whether a layer gives tokens: positions that stand before the units.
func Has(l graph.Layer) bool {
	return !l.Head && len(l.Shape) > 1 && l.Axis == len(l.Shape) && l.Batch == 0
}

func site(l graph.Layer) finding.Site { return finding.Site{Layer: l.Name, Of: finding.Activation} }

// At returns what was summed of a layer, or why nothing was.
func At(c statistic.Case, r *statistic.Results, l graph.Layer) (*State, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	return Statistic.At(r, capture.View{Split: split}, site(l))
}

// A group is the sums over some samples.
type group struct {
	n, directed      int64       // samples, and those of them with two tokens that are not zero
	cosine, residual infer.Sum   // of the latter's mean token cosines, and of their rank-1 residuals
	square, pair     infer.Sum   // of the mean squared length of a token, and of the mean product of two
	mean             []infer.Sum // of the mean token, by unit
}

// State holds the sums of one site. Samples with fewer than two tokens, or a value that is not finite, are
// counted and left out.
type State struct {
	Few, Bad int64
	seed     uint64
	units    int
	groups   [Groups]group
}

func (s *State) start(units int) error {
	if s.units == 0 {
		s.units = units
		for g := range s.groups {
			s.groups[g].mean = make([]infer.Sum, units)
		}
	}
	if s.units != units {
		return fmt.Errorf("values have %d units, want %d", units, s.units)
	}
	return nil
}

// Add sums some samples.
func (s *State) Add(r capture.Rows) error {
	shape, err := capture.ShapeOf(r.X.Shape(), r.Axis)
	if err != nil {
		return err
	}
	if err := s.start(shape.Units); err != nil {
		return err
	}
	v := r.X.Float32s()
	one := sample{sum: make([]float64, shape.Units), way: make([]float64, shape.Units), row: make([]float32, shape.Units)}
	for n := range shape.N {
		var mask []bool
		if r.Mask != nil {
			mask = r.Mask[n*shape.Positions : (n+1)*shape.Positions]
		}
		one.take(v[n*shape.Sample:], shape, mask)
		switch {
		case one.tokens < 2:
			s.Few++
		case !(one.square <= math.MaxFloat64):
			s.Bad++
		default:
			s.groups[infer.SampleHash(s.seed, r.IDs[n])%Groups].add(&one)
		}
	}
	return nil
}

// A sample is the sums over its tokens.
type sample struct {
	tokens   int
	directed int       // tokens that are not zero
	sum, way []float64 // of the tokens, and of their directions
	square   float64   // of the squared lengths of the tokens
	row      []float32
}

func (o *sample) take(v []float32, shape capture.Shape, mask []bool) {
	clear(o.sum)
	clear(o.way)
	o.tokens, o.directed, o.square = 0, 0, 0
	for p := range shape.Positions {
		if mask != nil && !mask[p] {
			continue
		}
		row := o.row
		if shape.Unit == 1 {
			row = v[p*shape.Position : p*shape.Position+shape.Units]
		} else {
			for u := range row {
				row[u] = v[p*shape.Position+u*shape.Unit]
			}
		}
		o.tokens++
		kernel.AddTo64(o.sum, row)
		square := kernel.SumSq64(row)
		o.square += square
		if square < 1e-24 { // no direction (METHODS 5.1)
			continue
		}
		o.directed++
		by := 1 / math.Sqrt(square)
		for u, x := range row {
			o.way[u] += by * float64(x)
		}
	}
}

// add takes in a sample of at least two tokens.
func (g *group) add(o *sample) {
	t, k := float64(o.tokens), float64(o.directed)
	all, way := kernel.DotDouble(o.sum, o.sum), kernel.DotDouble(o.way, o.way)
	g.n++
	if k > 1 { // tokens that are all zero are alike, but have no direction
		g.directed++
		g.cosine.Add((way - k) / (k * (k - 1))) // (|sum z|^2 - k)/(k(k-1))
		g.residual.Add(math.Sqrt(max(0, 1-all/t/o.square)))
	}
	g.square.Add(o.square / t)
	g.pair.Add((all - o.square) / (t * (t - 1)))
	for u, v := range o.sum {
		g.mean[u].Add(v / t)
	}
}

// Merge takes in the sums of other samples.
func (s *State) Merge(o *State) error {
	s.Few += o.Few
	s.Bad += o.Bad
	if o.units == 0 {
		return nil
	}
	if err := s.start(o.units); err != nil {
		return err
	}
	for g := range s.groups {
		a, b := &s.groups[g], &o.groups[g]
		a.n, a.directed = a.n+b.n, a.directed+b.directed
		own, other := a.sums(), b.sums()
		for i := range own {
			own[i].Merge(*other[i])
		}
	}
	return nil
}

// sums lists all sums of a group in their order.
func (g *group) sums() []*infer.Sum {
	out := []*infer.Sum{&g.cosine, &g.residual, &g.square, &g.pair}
	for u := range g.mean {
		out = append(out, &g.mean[u])
	}
	return out
}

// AppendBinary appends the state: two counts and the number of units, then each group's counts and sums,
// little-endian.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	for _, v := range []int64{s.Few, s.Bad, int64(s.units)} {
		b = le.AppendUint64(b, uint64(v))
	}
	for g := range s.groups {
		b = le.AppendUint64(le.AppendUint64(b, uint64(s.groups[g].n)), uint64(s.groups[g].directed))
		for _, v := range s.groups[g].sums() {
			b = le.AppendUint64(b, math.Float64bits(v.Hi))
			b = le.AppendUint64(b, math.Float64bits(v.Lo))
		}
	}
	return b, nil
}

// UnmarshalBinary reads what AppendBinary wrote.
func (s *State) UnmarshalBinary(b []byte) error {
	le := binary.LittleEndian
	if len(b) < 24 {
		return fmt.Errorf("tokens: %d bytes, want at least 24", len(b))
	}
	units := le.Uint64(b[16:])
	if each := (uint64(len(b)) - 24) / Groups; uint64(len(b)-24) != Groups*each || each < 80 || units != (each-80)/16 || (each-80)%16 != 0 {
		return fmt.Errorf("tokens: %d bytes for %d units", len(b), units)
	}
	*s = State{Few: int64(le.Uint64(b)), Bad: int64(le.Uint64(b[8:])), seed: s.seed}
	if units > 0 {
		if err := s.start(int(units)); err != nil {
			return err
		}
	}
	b = b[24:]
	for g := range s.groups {
		s.groups[g].n, s.groups[g].directed = int64(le.Uint64(b)), int64(le.Uint64(b[8:]))
		b = b[16:]
		for _, v := range s.groups[g].sums() {
			v.Hi, v.Lo = math.Float64frombits(le.Uint64(b)), math.Float64frombits(le.Uint64(b[8:]))
			b = b[16:]
		}
	}
	return nil
}
