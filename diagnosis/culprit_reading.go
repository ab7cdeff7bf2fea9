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

// readAlignment is e7: how far a layer's read alignment (METHODS 5.5) lies below that of its siblings, both
// over their spread under random turns. Convolutions that read the input may ignore its brightest direction in
// health, and narrow readers have no null to speak of. Where most layers read at random and the network works all
// the same, that says something of its training and nothing of a layer.
func readAlignment(w *witness) []float64 {
	z := w.none()
	for i, l := range w.layers {
		r := w.read[i]
		if r == nil || r.Width < alignment.Narrowest || !(r.Spread > 0) || l.Op != "Linear" && readsInput(l) {
			continue
		}
		v := r.Cosine.Value
		if w.without >= 0 && w.without < len(r.Without) {
			v = r.Without[w.without]
		}
		z[i] = math.Log(math.Max(v/r.Spread, leastAlignment))
	}
	out := w.none()
	works := w.works()
	for i, v := range z {
		rest := siblings(z, i)
		if math.IsNaN(v) || len(rest) < 3 {
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
		spread := math.Min(math.Max(1.4826*median(away), leastDeviation), mostDeviation)
		out[i] = above(-v, -middle, spread)
	}
	return out
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
	var answers []bool
	if l.Head {
		p, err := prediction.Statistic.At(w.r, prediction.View(split), prediction.Site)
		if err != nil {
			return 0, 0
		}
		for i, class := range p.Predicted {
			answers = append(answers, p.Finite[i] && class == p.Label[i])
		}
	} else {
		p, err := probe.At(w.c, w.r, l.Name)
		if err != nil {
			return 0, 0
		}
		answers = p.Held.Right
	}
	for i, ok := range answers {
		if w.without >= 0 && i%infer.JackknifeGroups == w.without {
			continue
		}
		n++
		if ok {
			right++
		}
	}
	return right, n
}
