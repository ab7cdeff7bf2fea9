package report

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// ramps colour a similarity from 0 to 1: low is the paper, high the ink.
var ramps = map[string][]string{
	"light": {"#f8f6ee", "#c8e5e0", "#9dd1d3", "#74bbc9", "#53a3bd", "#4088b1", "#316ea3", "#2d548c", "#283b77", "#232755", "#1b1436"},
	"dark":  {"#12171f", "#202642", "#2b3864", "#285083", "#236a9c", "#2286aa", "#35a1b5", "#56bbbc", "#81d2c1", "#bae3c6", "#edf3ca"},
}

// pairs is the similarity of all layer pairs, ready to draw.
type pairs struct {
	*finding.Similarity
	n             int
	value, lo, hi []float32 // upper triangles of the first measure; lo and hi are nil without intervals
	measures      []similar // all of them
	apart         []float32 // the measures' disagreement; nil if it is not known
	family        []float32 // p for all pairs at once by permutations; nil where none were asked for
	layer         []int     // the core's layer of each row, -1 where it has none
	row           map[int]int
	blocks        []outline
	first, second int // the pair held at first
	stages        []run
	stageNames    []string
	held          run // the rows of the layer held at first, or of its block; to is less than from if it has none
	core          *core
}

// An outline is a finding about a block of similar layers.
type outline struct {
	run
	mark int
}

// newPairs decodes the similarity; nil if there is none.
func newPairs(d *finding.Diagnosis, c *core) (*pairs, error) {
	s := d.Similarity
	if s == nil || len(s.Layers) == 0 {
		return nil, nil
	}
	p := &pairs{Similarity: s, n: len(s.Layers), core: c, row: map[int]int{}}
	var err error
	if p.measures, err = measuresOf(s); err != nil {
		return nil, err
	}
	p.value, p.lo, p.hi = p.measures[0].value, p.measures[0].lo, p.measures[0].hi
	if s.Disagreement != "" {
		if p.apart, err = triangle(s.Disagreement, p.n); err != nil {
			return nil, fmt.Errorf("similarity.disagreement: %w", err)
		}
	}
	if s.Permuted != nil {
		if p.family, err = triangle(s.Permuted.Family, p.n); err != nil {
			return nil, fmt.Errorf("similarity.permuted.p_family: %w", err)
		}
	}
	p.place()
	p.findBlocks()
	p.first, p.second = p.firstPair()
	return p, nil
}

// place finds the layer of the core each row belongs to, and the stages among the rows.
func (p *pairs) place() {
	index := map[string]int{}
	for i, l := range p.core.layers {
		index[l.Name] = i
	}
	for r, name := range p.Layers {
		i, ok := index[name]
		if !ok {
			i = -1
		} else if _, taken := p.row[i]; !taken {
			p.row[i] = r
		}
		p.layer = append(p.layer, i)
		stage := ""
		if i >= 0 {
			stage = p.core.layers[i].Stage
		}
		if k := len(p.stages); k > 0 && p.stageNames[k-1] == stage {
			p.stages[k-1].to = r
		} else {
			p.stages, p.stageNames = append(p.stages, run{r, r}), append(p.stageNames, stage)
		}
	}
}

// within are the rows of the layers of a run that have one, from the first to the last; to is less than from if none has.
func (p *pairs) within(r run) run {
	out := run{0, -1}
	for i := r.from; i <= r.to; i++ {
		if row := p.of(i); row >= 0 {
			if out.to < out.from {
				out.from = row
			}
			out.to = max(out.to, row)
		}
	}
	return out
}

// findBlocks collects the findings about blocks of layers: those of representation and of layers like untrained ones, of
// one layer too, and of lost information.
func (p *pairs) findBlocks() {
	for k, m := range p.core.marks {
		if m.explained || !slices.ContainsFunc([]string{"REP-", "FAL-04", "FIT-04", "FIT-05"}, func(code string) bool { return strings.HasPrefix(m.Code, code) }) {
			continue
		}
		for _, r := range m.runs {
			at := p.within(r)
			if at.to > at.from || at.to == at.from && !strings.HasPrefix(m.Code, "FIT-") {
				p.blocks = append(p.blocks, outline{at, k})
			}
		}
	}
	sort.SliceStable(p.blocks, func(i, j int) bool { return p.blocks[i].from < p.blocks[j].from })
}

// firstPair is the pair shown before any is chosen: inside of a block, else the most similar layers that are not neighbours.
func (p *pairs) firstPair() (int, int) {
	for _, b := range p.blocks {
		if b.to == b.from {
			continue
		}
		return (b.from + b.to) / 2, b.to - (b.to-b.from)/8
	}
	best, at := -1.0, run{0, p.n - 1}
	for i := range p.n {
		for j := i + 2; j < p.n; j++ {
			if v := p.at(i, j); v > best {
				best, at = v, run{i, j}
			}
		}
	}
	return at.from, at.to
}

// of is the row of a layer, -1 if it has none.
func (p *pairs) of(layer int) int {
	if r, ok := p.row[layer]; ok {
		return r
	}
	return -1
}

func (p *pairs) slot(i, j int) int {
	if i > j {
		i, j = j, i
	}
	return i*p.n - i*(i-1)/2 + j - i
}

func (p *pairs) at(i, j int) float64 { return float64(p.value[p.slot(i, j)]) }

// nearest lists the rows most similar to a row.
func (p *pairs) nearest(row, most int) []nearLine {
	if row < 0 {
		return nil
	}
	var order []int
	for j := range p.n {
		if j != row {
			order = append(order, j)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return p.at(row, order[a]) > p.at(row, order[b]) })
	var out []nearLine
	for _, j := range order[:min(len(order), most)] {
		out = append(out, nearLine{p.number(j), decimals(p.at(row, j), 2)})
	}
	return out
}

// number is the layer number of a row.
func (p *pairs) number(row int) int {
	if p.layer[row] < 0 {
		return row + 1
	}
	return p.layer[row] + 1
}

// mostPixels is the size of the largest heatmap; larger matrices are averaged.
const mostPixels = 512

// picture draws the matrix in one theme's colours, a pixel a pair, as the address of an image.
func (p *pairs) picture(theme string) (string, error) {
	size := min(p.n, mostPixels)
	img := image.NewPaletted(image.Rect(0, 0, size, size), palette(theme))
	for y := range size {
		for x := range size {
			img.SetColorIndex(x, y, uint8(math.Round(unit(p.pixel(x, y, size))*127)))
		}
	}
	return dataImage(img)
}

// pixel is the mean of the pairs a pixel stands for, or the one farthest from it where that is an outlier: a single
// pair that differs from its surroundings must not vanish.
func (p *pairs) pixel(x, y, size int) float64 {
	i0, i1, j0, j1 := y*p.n/size, (y+1)*p.n/size, x*p.n/size, (x+1)*p.n/size
	sum, k := 0.0, 0.0
	for i := i0; i < i1; i++ {
		for j := j0; j < j1; j++ {
			sum, k = sum+p.at(i, j), k+1
		}
	}
	mean := sum / k
	far := mean
	for i := i0; i < i1; i++ {
		for j := j0; j < j1; j++ {
			if v := p.at(i, j); math.Abs(v-mean) > math.Abs(far-mean) {
				far = v
			}
		}
	}
	if math.Abs(far-mean) > 0.2 {
		return far
	}
	return mean
}

// palette is a ramp in 128 steps.
func palette(theme string) color.Palette {
	out := make(color.Palette, 128)
	for i := range out {
		c := along(ramps[theme], float64(i)/127)
		n, _ := strconv.ParseUint(c[1:], 16, 32)
		out[i] = color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}
	}
	return out
}

func dataImage(img image.Image) (string, error) {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, img); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// rampPicture is the scale of a theme.
func rampPicture(theme string) (string, error) {
	img := image.NewPaletted(image.Rect(0, 0, 128, 1), palette(theme))
	for x := range 128 {
		img.SetColorIndex(x, 0, uint8(x))
	}
	return dataImage(img)
}

// says describes a pair of rows in a sentence.
func (p *pairs) says(i, j int) string {
	for _, b := range p.blocks {
		if i >= b.from && i <= b.to && j >= b.from && j <= b.to {
			m := p.core.marks[b.mark]
			lie := "Both layers lie in"
			if i == j {
				lie = "The layer lies in"
			}
			out := fmt.Sprintf("%s %s %s (%s). %s", lie, m.Code, lower(m.Title), m.where(), ended(sentence(m.Message)))
			if do := m.does(); do != "" {
				out += " Treatment: " + lower(do) + "."
			}
			return out
		}
	}
	return "They share " + amount(p.at(i, j)) + "."
}

// ended is a sentence with its full stop.
func ended(s string) string { return strings.TrimSuffix(s, ".") + "." }

// amount is a similarity in words.
func amount(v float64) string {
	switch {
	case v >= 0.9:
		return "nearly all of what they represent"
	case v >= 0.6:
		return "much of what they represent"
	case v >= 0.3:
		return "some of what they represent"
	}
	return "little of what they represent"
}

func lower(s string) string {
	r := []rune(s)
	if len(r) > 1 && strings.ToUpper(string(r[1:2])) == string(r[1:2]) { // an abbreviation
		return s
	}
	if len(r) == 0 {
		return s
	}
	return strings.ToLower(string(r[:1])) + string(r[1:])
}

// interval is the range of a pair, empty where none was computed.
func (p *pairs) interval(i, j int) string {
	if p.lo == nil {
		return ""
	}
	k := p.slot(i, j)
	return fmt.Sprintf("%s %% range %s to %s", decimals(100*p.Level, 0), decimals(float64(p.lo[k]), 2), decimals(float64(p.hi[k]), 2))
}

// Limits of what the page carries of a matrix: above fineIntervals rows no intervals, above fineMatrix a byte a pair,
// above mostRows only the picture. The result file holds everything.
const (
	fineIntervals = 256
	fineMatrix    = 400
	mostRows      = 1100
)

// data is the matrix for the script: 16 or 8 bits a value, from -1 to 1, and the interval's distances in thousandths.
// It is nil where the matrix would make the page too large.
func (p *pairs) data() map[string]any {
	if p.n > mostRows {
		return nil
	}
	wide, top := 2, 32767.0
	if p.n > fineMatrix {
		wide, top = 1, 127
	}
	values := make([]byte, 0, wide*len(p.value))
	for _, v := range p.value {
		level := uint16(math.Round((math.Min(math.Max(float64(v), -1), 1) + 1) * top))
		if wide == 2 {
			values = binary.LittleEndian.AppendUint16(values, level)
		} else {
			values = append(values, byte(level))
		}
	}
	out := map[string]any{"n": p.n, "v": base64.StdEncoding.EncodeToString(values), "wide": wide, "layers": p.layer, "held": []int{p.first, p.second}, "level": decimals(100*p.Level, 0)}
	if p.lo != nil && p.n <= fineIntervals {
		below, above := make([]byte, len(p.value)), make([]byte, len(p.value))
		for i, v := range p.value {
			below[i], above[i] = thousandths(v-p.lo[i]), thousandths(p.hi[i]-v)
		}
		intervals(out, below, above)
	}
	if p.hasStrangers() {
		out["names"] = p.Layers
	}
	var blocks [][3]int
	for _, b := range p.blocks {
		blocks = append(blocks, [3]int{b.from, b.to, b.mark})
	}
	out["blocks"] = blocks
	measures, apart := p.othersData()
	out["measures"] = measures
	if apart != "" {
		out["apart"] = apart
	}
	out["ramps"] = ramps
	return out
}

func (p *pairs) hasStrangers() bool {
	for _, l := range p.layer {
		if l < 0 {
			return true
		}
	}
	return false
}

func thousandths(x float32) byte {
	const rounding = 1e-6 // of the values it is the difference of, so that equal halves become equal bytes
	return byte(math.Round(math.Min(math.Max(1000*(float64(x)+rounding), 0), 255)))
}
