package diagnosis

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/alignment"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
)

// Where the logarithm of alignment over its spread lies in healthy layers, and how it spreads (docs/culprit.md):
// the siblings' median and deviation within these bounds. What is below the least tells no more.
const (
	leastAlignment                = 0.3
	untrained                     = 0.7 // most layers below that: the network was hardly trained
	lowMiddle, highMiddle         = 1.3, 2.0
	leastDeviation, mostDeviation = 0.55, 0.9
)

// strangers is how many layers of its kind count for as much as all siblings.
const strangers = 2

// readAlignment is e7: whether a layer's weights fit what they read (METHODS 5.5), by itself and together with those that
// read it: behind a layer that was overwritten the readers do not fit either, while its own writers, and the
// readers of its readers, do.
func readAlignment(w *witness) []float64 {
	out, own := w.none(), w.misreadings()
	for i := range out {
		if math.IsNaN(own[i]) {
			continue
		}
		ps := []float64{own[i]}
		var behind []float64
		for _, j := range w.readers(i) {
			if !math.IsNaN(own[j]) {
				behind = append(behind, own[j])
			}
		}
		if p, err := joined(behind); err == nil {
			both := math.Max(own[i], p)
			ps = append(ps, both*both) // that neither fits by chance
		}
		if p, err := joined(ps); err == nil {
			out[i] = p
		}
	}
	return out
}

// misreadings returns the p of each layer's read alignment lying no lower than that of healthy networks where there
// are enough, or of its siblings. Convolutions that read the input may ignore its brightest direction in health, and
// narrow readers have no null to speak of. Where most layers read at random and the network works all the same, that
// says something of its training and nothing of a layer.
func (w *witness) misreadings() []float64 {
	z := w.readings()
	out := w.none()
	works := w.works()
	for i, l := range w.layers {
		if math.IsNaN(z[i]) {
			continue
		}
		if p, ok := belowHealthy(z[i], leastDeviation/2, w.healthy.fitting(l.Name)); ok {
			out[i] = p
			continue
		}
		rest, kin := w.kin(z, i)
		if len(rest) < 3 {
			continue
		}
		m := median(rest)
		if works && m < math.Log(untrained) {
			continue
		}
		away := make([]float64, len(rest))
		for k, x := range rest {
			away[k] = math.Abs(x - m)
		}
		middle := math.Min(math.Max(m, lowMiddle), highMiddle)
		if n := float64(len(kin)); n > 0 { // as far as is usual for its kind from all others
			middle += (median(kin) - m) * n / (n + strangers)
		}
		spread := math.Min(math.Max(1.4826*median(away), leastDeviation), mostDeviation)
		out[i] = above(-z[i], -middle, spread)
	}
	return out
}

// readers lists the layers with weights that read what a layer gives, through layers without any, one sum of streams at most.
func (w *witness) readers(at int) []int {
	var out []int
	var visit func(name string, sums int)
	visit = func(name string, sums int) {
		for _, l := range w.all {
			if !slices.Contains(l.After, name) {
				continue
			}
			i := slices.IndexFunc(w.layers, func(x graph.Layer) bool { return x.Name == l.Name })
			switch {
			case i >= 0:
				if !slices.Contains(out, i) {
					out = append(out, i)
				}
			case l.Op != "Sum":
				visit(l.Name, sums)
			case sums == 0:
				visit(l.Name, 1)
			}
		}
	}
	visit(w.layers[at].Name, 0)
	return out
}

// readings returns the logarithm of each layer's read alignment over its spread under random turns. Projections of one
// attention have each their own: of k times fewer rows, whose noise averages out less.
func (w *witness) readings() []float64 {
	z := w.none()
	for i, l := range w.layers[:len(w.read)] {
		if r := w.read[i]; r == nil || r.Width < alignment.Narrowest || l.Op != "Linear" && readsInput(l) {
			continue
		}
		z[i] = w.reading(w.read[i])
		for _, r := range w.read[i].Apart {
			if r.Layers[0] == l.Name {
				z[i] = w.reading(r) + math.Log(float64(len(w.read[i].Apart)))/2
			}
		}
	}
	return z
}

// reading is that of one reader, without the group that is left out; NaN where turning says nothing.
func (w *witness) reading(r *alignment.Result) float64 {
	if !(r.Spread > 0) {
		return math.NaN()
	}
	v := r.Cosine.Value
	if w.without >= 0 && w.without < len(r.Without) {
		v = r.Without[w.without]
	}
	return math.Log(math.Max(v/r.Spread, leastAlignment))
}

// kin returns the readings of a layer's siblings, the projections of an attention being one, and of those that are of its kind
// and size: the same operator, role and numbers of units and of values read.
func (w *witness) kin(z []float64, at int) (rest, kin []float64) {
	own, read := w.layers[at], w.read[at]
	for i, l := range w.layers {
		r := w.read[i]
		if i == at || math.IsNaN(z[i]) {
			continue
		}
		if v := w.reading(r); r.Layers[0] == l.Name && r.Layers[0] != read.Layers[0] && !math.IsNaN(v) {
			rest = append(rest, v)
		}
		if l.Op == own.Op && l.Role == own.Role && l.Head == own.Head && l.Units == own.Units && r.Width == read.Width &&
			len(r.Apart) == len(read.Apart) && w.readsAttention(l) == w.readsAttention(own) {
			kin = append(kin, z[i])
		}
	}
	return rest, kin
}

func (w *witness) readsAttention(l graph.Layer) bool {
	return slices.ContainsFunc(w.all, func(a graph.Layer) bool { return a.Op == "Attention" && slices.Contains(l.After, a.Name) })
}

// works reports whether no labels are lost on the way through the network.
func (w *witness) works() bool {
	return !slices.ContainsFunc(probeStep(w), func(p float64) bool { return p <= localLevel })
}

func readsInput(l graph.Layer) bool { return len(l.After) == 1 && l.After[0] == "input" }

// probeStep is e8: by how much fewer labels can be read behind a layer of the stream than before it; of the
// head, by how much fewer the network itself gets right. A loss of up to 0.05 is none.
func probeStep(w *witness) []float64 {
	out := w.none()
	best, most := -1.0, 0
	for _, l := range w.all {
		if l.Role != graph.Stream {
			continue
		}
		right, n := w.probed(l)
		if n == 0 {
			continue
		}
		accuracy := float64(right) / float64(n)
		if best >= 0 {
			w.set(out, l.Name, lossP(best, most, accuracy, n))
		}
		if accuracy > best {
			best, most = accuracy, n
		}
	}
	return out
}

// lossP is the one-sided p of labels lost between two shares of right answers; NaN where both are free of doubt and
// nothing is lost.
func lossP(before float64, most int, behind float64, n int) float64 {
	loss := before - behind - 0.05
	variance := behind*(1-behind)/float64(n) + before*(1-before)/float64(most)
	if variance == 0 && loss <= 0 {
		return math.NaN()
	}
	return infer.NormalTail(loss / math.Sqrt(variance))
}

// probed is how many of how many samples held out a layer's probe gets right; the head's are the network's.
func (w *witness) probed(l graph.Layer) (right, n int) {
	split, ok := w.c.Held()
	if !ok {
		return 0, 0
	}
	answered := func(row int, ok bool) {
		if w.without >= 0 && w.groups[row] == w.without {
			return
		}
		n++
		if ok {
			right++
		}
	}
	if l.Head {
		p, err := prediction.Statistic.At(w.r, prediction.View(split), prediction.Site)
		if err != nil {
			return 0, 0
		}
		for row, class := range p.Predicted {
			answered(row, p.Finite[row] && class == p.Label[row])
		}
		return right, n
	}
	p, err := probe.At(w.c, w.r, l.Name)
	if err != nil {
		return 0, 0
	}
	for i, row := range p.Held.Rows {
		answered(row, p.Held.Right[i])
	}
	return right, n
}
