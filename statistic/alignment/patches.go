package alignment

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// Of samples held out the Most with the smallest hashes are read, at one position each; fewer where the
// patches of all layers together would be more than room values, but never fewer than Fewest.
const (
	Most   = 1024
	Fewest = 256
	room   = 16 << 20
)

// Widest is the largest number of values that a row of a weight may read.
const Widest = 1 << 17

// Patches keeps what every reader sees at one position of each sample chosen.
var Patches = &statistic.Live[*Seen]{
	Name: "patches", Version: 2,
	Keys: keys,
	Cost: func(e statistic.Env) statistic.Cost {
		r, err := readerAt(e.Case, e.Key)
		if err != nil || r == nil {
			return statistic.Cost{}
		}
		if e.Case.Keeper != nil {
			return statistic.Cost{Bytes: head * chosen(e)}
		}
		return statistic.Cost{Bytes: 4 * int64(r.groups*r.width) * chosen(e)}
	},
	New: func(e statistic.Env) (*Seen, error) {
		r, err := readerAt(e.Case, e.Key)
		if err != nil {
			return nil, err
		}
		s := &Seen{reader: r, last: math.MaxUint64}
		if r != nil {
			s.seed = infer.Seed(e.Case.Seed, "patches", r.layers[0].Name)
			_, to, _ := strings.Cut(e.Key.Settings, separator)
			if s.last, err = strconv.ParseUint(to, 16, 64); err != nil {
				return nil, err
			}
			if k := e.Case.Keeper; k != nil {
				at := finding.Site{Layer: r.layers[0].Name, Of: "patches"}
				s.kept = &kept{keeper: k, request: capture.Request{View: e.Key.View, Site: at}}
				for row, h := range e.Samples().Hashes {
					if h <= s.last {
						s.kept.order = append(s.kept.order, row)
					}
				}
			}
		}
		return s, nil
	},
}

// separator stands between a reader's first layer and the largest hash of a sample that is read.
const separator = "\x00"

// keys lists a key for every reader; its settings tell readers of one site apart.
func keys(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
	split, ok := c.Held()
	if !ok {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	if c.Graph == nil {
		return nil, statistic.Unavailable("no-model", "what a weight reads needs the model")
	}
	all := readers(c.Graph.Layers)
	view := capture.View{Split: split}
	hashes := slices.Sorted(slices.Values(c.Source.Samples(view).Hashes))
	if len(hashes) == 0 {
		return nil, statistic.Unavailable("no-samples", "there are no samples")
	}
	n := size(c.Graph, all)
	var out []statistic.Key
	for _, ls := range all {
		k := statistic.At(view, site(c.Graph, ls[0]))
		k.Settings = ls[0].Name + separator + strconv.FormatUint(hashes[min(n, len(hashes))-1], 16)
		out = append(out, k)
	}
	return out, nil
}

// site returns where what a layer reads is to be had.
func site(g *graph.Graph, l graph.Layer) capture.Site {
	for _, in := range g.Inputs {
		if in.DType.IsFloat() { // the one that is the site of the input
			if in.Name == l.Input {
				return finding.Site{Layer: "input", Of: finding.Input}
			}
			break
		}
	}
	return capture.Reads(g.Layers, l)
}

// size returns how many samples are read.
func size(g *graph.Graph, all [][]graph.Layer) int {
	total := 0
	for _, ls := range all {
		if r, err := newReader(g, ls); err == nil && r.width <= Widest {
			total += r.groups * r.width
		}
	}
	return max(Fewest, min(Most, room/max(1, total)))
}

// chosen is how many samples are read of those that there are.
func chosen(e statistic.Env) int64 {
	return int64(min(size(e.Case.Graph, readers(e.Case.Graph.Layers)), e.Samples().Len()))
}

// readerAt returns the reader of a key, nil for values that are read as they are.
func readerAt(c statistic.Case, k statistic.Key) (*reader, error) {
	if c.Graph == nil {
		return nil, nil
	}
	name, _, _ := strings.Cut(k.Settings, separator)
	for _, ls := range readers(c.Graph.Layers) {
		if ls[0].Name != name {
			continue
		}
		r, err := newReader(c.Graph, ls)
		if err == nil && r.width > Widest {
			return nil, statistic.Unavailable("too-wide", "layer %s reads %d values at once, at most %d are examined", ls[0].Name, r.width, Widest)
		}
		return r, err
	}
	return nil, statistic.Unavailable("no-layer", "no layer %s with a weight", name)
}

// Seen holds patches by the rows of their samples.
type Seen struct {
	reader *reader
	seed   uint64
	last   uint64 // largest hash of a sample that is read
	width  int
	hashes map[int]uint64
	rows   map[int][]float32 // unless they are kept
	kept   *kept             // nil without a keeper
}

// kept says where a keeper has the patches: those of all samples that are read, in the order of their rows.
type kept struct {
	keeper  capture.Keeper
	request capture.Request
	order   []int
}

func (k *kept) place(row int) int {
	at, _ := slices.BinarySearch(k.order, row)
	return at
}

// create makes room for patches of some values.
func (k *kept) create(width int) error { return k.keeper.Create(k.request, len(k.order), width) }

// table returns the patches of some rows, one after the other.
func (k *kept) table(rows []int, width int) ([]float32, error) {
	t, err := k.keeper.Table(k.request)
	if err != nil {
		return nil, err
	}
	at, out := make([]int, len(rows)), make([]float32, len(rows)*width)
	for i, row := range rows {
		at[i] = k.place(row)
	}
	return out, t.Gather(out, at)
}

// Add cuts the patches of some samples.
func (s *Seen) Add(r capture.Rows) error {
	axis := r.Axis
	if s.reader != nil {
		axis = s.reader.axis(r.X.Rank())
	}
	shape, err := capture.ShapeOf(r.X.Shape(), axis)
	if err != nil {
		return err
	}
	width, positions := shape.Units, shape.Positions
	var in, out []int
	if s.reader != nil {
		width = s.reader.groups * s.reader.width
	}
	w := (*window)(nil)
	if s.reader != nil && s.reader.window != nil {
		in = r.X.Shape()[2:]
		w = s.reader.window.of(in)
		if out, err = w.out(in); err != nil {
			return err
		}
		positions = 1
		for _, size := range out {
			positions *= size
		}
	}
	if positions == 0 {
		return fmt.Errorf("values of shape %v have no positions", r.X.Shape())
	}
	for n := range shape.N {
		if r.IDs[n] > s.last {
			continue
		}
		x := r.X.Float32s()[n*shape.Sample : (n+1)*shape.Sample]
		position := int(infer.SampleHash(s.seed, r.IDs[n]) % uint64(positions))
		p := make([]float32, width)
		if w != nil {
			w.patch(p, x, in, out, position)
		} else {
			if shape.Units != width {
				return fmt.Errorf("values have %d units, the weight reads %d", shape.Units, width)
			}
			for u := range p {
				p[u] = x[position*shape.Position+u*shape.Unit]
			}
		}
		if err := s.put(r.First+n, r.IDs[n], p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Seen) put(row int, hash uint64, p []float32) error {
	if err := s.note(row, hash, len(p)); err != nil {
		return err
	}
	if k := s.kept; k != nil {
		return k.keeper.Put(k.request, k.place(row), p)
	}
	s.rows[row] = p
	return nil
}

// note takes in that there is a patch of some values.
func (s *Seen) note(row int, hash uint64, width int) error {
	if s.hashes == nil {
		s.width, s.rows, s.hashes = width, map[int][]float32{}, map[int]uint64{}
		if s.kept != nil {
			if err := s.kept.create(width); err != nil {
				return err
			}
		}
	}
	if width != s.width {
		return fmt.Errorf("patches of %d values, want %d", width, s.width)
	}
	if k := s.kept; k != nil {
		if _, ok := slices.BinarySearch(k.order, row); !ok {
			return fmt.Errorf("a patch of row %d, which is not read", row)
		}
	}
	s.hashes[row] = hash
	return nil
}

// Merge takes in the patches of other samples.
func (s *Seen) Merge(o *Seen) error {
	for row, hash := range o.hashes {
		if err := s.note(row, hash, o.width); err != nil {
			return err
		}
		if s.kept == nil {
			s.rows[row] = o.rows[row]
		}
	}
	return nil
}

// finite returns the patches without NaN or infinity, in the order of their rows.
func (s *Seen) finite() (rows []int, patches [][]float32, err error) {
	all := slices.Sorted(maps.Keys(s.hashes))
	var values []float32
	if s.kept != nil && len(all) > 0 {
		if values, err = s.kept.table(all, s.width); err != nil {
			return nil, nil, err
		}
	}
	for i, row := range all {
		p := s.rows[row]
		if s.kept != nil {
			p = values[i*s.width : (i+1)*s.width]
		}
		if finite(p) {
			rows, patches = append(rows, row), append(patches, p)
		}
	}
	return rows, patches, nil
}

// head is how many bytes stand before the patches, and before the values of each.
const head = 16

// AppendBinary appends the number of patches and their width, then of each the row, the hash and, unless they are
// kept, the values, little-endian, in the order of rows.
func (s *Seen) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	b = slices.Grow(b, head+len(s.hashes)*s.bytes())
	b = le.AppendUint64(le.AppendUint64(b, uint64(len(s.hashes))), uint64(s.width))
	for _, row := range slices.Sorted(maps.Keys(s.hashes)) {
		b = le.AppendUint64(le.AppendUint64(b, uint64(row)), s.hashes[row])
		for _, x := range s.rows[row] {
			b = le.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b, nil
}

// bytes is how many AppendBinary makes of a patch.
func (s *Seen) bytes() int {
	if s.kept != nil {
		return head
	}
	return head + 4*s.width
}

// UnmarshalBinary reads what AppendBinary wrote.
func (s *Seen) UnmarshalBinary(b []byte) error {
	if len(b) < head {
		return fmt.Errorf("patches: %d bytes, want at least %d", len(b), head)
	}
	le := binary.LittleEndian
	n, width, size, each := le.Uint64(b), le.Uint64(b[8:]), uint64(len(b)-head), uint64(head)
	if s.kept == nil {
		each += 4 * min(width, size)
	}
	if size%each != 0 || n != size/each || s.kept != nil && n > 0 && width != uint64(s.reader.groups*s.reader.width) {
		return fmt.Errorf("patches: %d bytes for %d of %d values", size, n, width)
	}
	b = b[head:]
	s.rows, s.hashes, s.width = nil, nil, 0
	for range n {
		row, hash := int(le.Uint64(b)), le.Uint64(b[8:])
		if err := s.note(row, hash, int(width)); err != nil {
			return err
		}
		if s.kept == nil {
			p := make([]float32, width)
			for i := range p {
				p[i] = math.Float32frombits(le.Uint32(b[head+4*i:]))
			}
			s.rows[row] = p
		}
		b = b[each:]
	}
	return nil
}
