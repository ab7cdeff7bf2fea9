package report

import (
	"math"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// A form is how a track is drawn.
type form int

const (
	bars   form = iota
	lines       // ink lines: validation solid, train dotted
	points      // dots on a logarithmic scale
)

// A track is a measure of every layer, ready to draw.
type track struct {
	finding.Track
	short   string // name for narrow places
	label   string // name as shown
	caption string
	form    form
	share   bool      // values are shares: shown in percent
	codes   []string  // starts of the codes of the rules that read it: only their findings colour it
	values  []float64 // by layer; NaN where there is none
	train   []float64 // companion of a probe; nil without one
	low     float64   // ends of the scale; powers of ten where logarithmic
	high    float64
	band    *[2]float64 // the healthy range
}

// knownTracks are the tracks with a look of their own, in the order they are drawn. A name belongs to the first that it
// contains.
var knownTracks = []track{
	{short: "Rank", Track: finding.Track{Name: "effective rank"}, label: "Effective rank", form: bars, codes: []string{"REP-", "FIT-04"}},
	{short: "Probe", Track: finding.Track{Name: "probe"}, label: "Linear probe", form: lines, share: true, codes: []string{"FIT-"}},
	{short: "Grad.", Track: finding.Track{Name: "gradient"}, label: "Gradient norm", form: points, codes: []string{"GRD-", "FAL-03"}, band: &[2]float64{-2, 0}},
	{short: "Dead", Track: finding.Track{Name: "dead"}, label: "Dead units", form: bars, share: true, codes: []string{"UNI-01", "UNI-02"}},
}

// firstTracks is how many tracks the first screen holds.
const firstTracks = 4

// tracksOf prepares the tracks of a diagnosis: those with a look of their own first, then the others in their order.
func tracksOf(d *finding.Diagnosis) []track {
	var out []track
	used := make([]bool, len(d.Tracks))
	for _, k := range knownTracks {
		var main, train *finding.Track
		for i := range d.Tracks {
			name := strings.ToLower(d.Tracks[i].Name)
			switch {
			case used[i] || !strings.Contains(name, k.Name):
			case k.form == lines && strings.Contains(name, "train") && train == nil:
				train, used[i] = &d.Tracks[i], true
			case main == nil:
				main, used[i] = &d.Tracks[i], true
			}
		}
		if main == nil {
			main, train = train, nil
		}
		if main != nil {
			k.Track = *main
			out = append(out, k.fill(d, train))
		}
	}
	for i, t := range d.Tracks {
		if !used[i] {
			k := track{Track: t, short: short(t.Name, 6), label: capital(t.Name), form: bars, share: strings.Contains(strings.ToLower(t.Unit), "share")}
			out = append(out, k.fill(d, nil))
		}
	}
	return out
}

// fill lays the values on the layers and finds the scale.
func (t track) fill(d *finding.Diagnosis, train *finding.Track) track {
	t.values, t.caption = byLayer(d, t.Track), t.Unit
	if train != nil {
		t.train, t.caption = byLayer(d, *train), "train ··· val —"
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, vs := range [][]float64{t.values, t.train} {
		for _, v := range vs {
			if !math.IsNaN(v) && (t.form != points || v > 0) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
	}
	if low > high { // nothing to draw
		low, high = 1, 1
	}
	t.low, t.high = t.scale(low, high)
	return t
}

// scale chooses round ends for the values between low and high.
func (t track) scale(low, high float64) (float64, float64) {
	switch {
	case t.form == points:
		return math.Min(math.Floor(math.Log10(low)), -1), math.Max(math.Ceil(math.Log10(high)-1e-9), 0)
	case t.form == lines && t.share:
		return math.Min(math.Max(0, math.Floor(low*10+1e-9)/10), 0.9), math.Max(1, high)
	case t.share:
		return 0, math.Max(1, high)
	}
	if high <= 0 {
		return low, 0.0001 + math.Max(high, 0)
	}
	unit := math.Pow(10, math.Floor(math.Log10(high)))
	return math.Min(low, 0), math.Ceil(high/unit-1e-9) * unit
}

func byLayer(d *finding.Diagnosis, t finding.Track) []float64 {
	of := map[string]float64{}
	for _, v := range t.Values {
		of[v.Layer] = v.Value
	}
	out := make([]float64, len(d.Layers))
	for i, l := range d.Layers {
		v, ok := of[l.Name]
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// at is where a value lies on the scale, from 0 to 1.
func (t track) at(v float64) float64 {
	if t.form == points {
		if v <= 0 {
			return 0
		}
		v = math.Log10(v)
	}
	if t.high <= t.low { // values so large that rounding leaves no scale
		return 0
	}
	return math.Min(math.Max((v-t.low)/(t.high-t.low), 0), 1)
}

// ends are the labels of the scale.
func (t track) ends() (low, high string) {
	switch {
	case t.form == points:
		return endNumber(math.Pow(10, t.low)), endNumber(math.Pow(10, t.high))
	case t.share:
		low, high = decimals(100*t.low, 0), decimals(100*t.high, 0)+" %"
		if t.low > 0 {
			low += " %"
		}
		return low, high
	}
	return endNumber(t.low), endNumber(t.high)
}

func endNumber(x float64) string {
	if a := math.Abs(x); a < 1 && a > 0.01 {
		return strings.TrimRight(decimals(x, 2), "0")
	} else if a < 1e4 && a == math.Trunc(a) {
		return count(int(x))
	}
	return number(x)
}

// says writes a value of the track as text.
func (t track) says(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case t.share:
		return percent(v)
	}
	return number(v)
}

// word is the severity a layer is coloured with in this track: that of a finding whose rule reads it.
func (t track) word(c *core, i int) finding.Word {
	for _, m := range c.layers[i].marks {
		if !c.marks[m].explained && t.reads(c.marks[m].Code) {
			return c.marks[m].Severity.Word
		}
	}
	return finding.None
}

func (t track) reads(code string) bool {
	for _, start := range t.codes {
		if strings.HasPrefix(code, start) {
			return true
		}
	}
	return false
}

// peak is the layer with the highest value, if a finding says that what comes after is worse.
func (t track) peak(c *core) (int, bool) {
	best, ok := -1, false
	for i, v := range t.values {
		if !math.IsNaN(v) && (best < 0 || v > t.values[best]) {
			best = i
		}
		ok = ok || t.word(c, i) != finding.None
	}
	return best, ok && best >= 0
}

// ranks says for every layer what share of the others has less.
func ranks(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		below, all := 0.0, 0.0
		for _, w := range values {
			if math.IsNaN(w) {
				continue
			}
			all++
			if w < v {
				below++
			} else if w == v {
				below += 0.5
			}
		}
		if all > 0 && !math.IsNaN(v) {
			out[i] = below / all
		} else {
			out[i] = math.NaN()
		}
	}
	return out
}
