package diagnosis

import (
	"cmp"
	"math"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	edges "github.com/stratascope/stratascope/statistic/links"
	"github.com/stratascope/stratascope/statistic/moments"
	"github.com/stratascope/stratascope/statistic/pairs"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/probe"
	"github.com/stratascope/stratascope/statistic/renorm"
	"github.com/stratascope/stratascope/statistic/singular"
	"github.com/stratascope/stratascope/statistic/spectrum"
	"github.com/stratascope/stratascope/statistic/twins"
)

// A Culprit is the answer to "which layer" (METHODS 5.6, 5.7).
type Culprit struct {
	// Suspects are ranked, the one that is named first; none where no layer's evidence stands.
	Suspects []finding.Suspect
	// Named says that the first suspect is the most upstream layer whose own evidence stands, and that it ranks
	// first in most repeats.
	Named bool
	// From and To are the last layer without evidence and the first with some where no layer can be named, ""
	// if one can; From alone is "" where the cause may lie anywhere before the head.
	From, To string
	Repeats  int
	Ranking  []string // of all layers that can be the cause, whether anything stands or not
	traits   []string // of the first suspect, in words

	own map[string]bool // layers whose own evidence stands

	// Of each layer by name, for a cause that patching finds.
	shares   map[string]float64
	evidence map[string]map[string]float64
	told     map[string][]string

	cause   *recovery // that patching found
	refuted bool      // no suspect's replacement brought accuracy back
}

// CulpritNeeds lists what the evidences are drawn from.
func CulpritNeeds() []statistic.Any {
	return []statistic.Any{prediction.Statistic, pairs.Statistic, edges.Statistic, moments.Statistic, renorm.Corrected, spectrum.Statistic,
		twins.Statistic, probe.Statistic, alignment.Statistic, singular.Statistic}
}

// settled is the share of repeats from which on one layer is named (METHODS 5.7).
const settled = 0.6

// listedSuspects is how many layers are told at most.
const listedSuspects = 3

// A testimony is what the evidences say of every layer that can be the cause.
type testimony struct {
	p    []map[string]float64 // by evidence; what is not to be had is not there
	q    []float64            // of the Cauchy combination of all (Liu & Xie 2020), Benjamini-Hochberg over layers
	own  []float64            // Cauchy combination of what is about the layer itself
	ownQ []float64            // likewise over layers
	sole []bool               // its weights or units are broken in a way that nothing upstream can cause
}

// NameCulprit weighs the evidences and repeats it without each group of samples in turn. healthy is what reference
// networks show, nil without them.
func NameCulprit(c statistic.Case, r *statistic.Results, healthy Population) Culprit {
	w := newWitness(c, r, healthy)
	if len(w.layers) < leastLayers {
		return Culprit{}
	}
	whole := w.testify()
	order := w.rank(whole)
	lead := order[0]
	out := Culprit{Repeats: infer.JackknifeGroups}
	for _, i := range order {
		out.Ranking = append(out.Ranking, clean(w.layers[i].Name))
	}
	if slices.Min(whole.q) > alpha && slices.Min(whole.ownQ) > alpha || whole.readingAlone(lead) && w.works() {
		return out
	}
	first := make([]int, len(w.layers))
	for g := range infer.JackknifeGroups {
		w.without = g
		first[w.rank(w.testify())[0]]++
	}
	for k, i := range order[:min(listedSuspects, len(order))] {
		if k == 0 || first[i] > 0 || whole.q[i] <= alpha || whole.ownQ[i] <= alpha {
			out.Suspects = append(out.Suspects, finding.Suspect{Layer: clean(w.layers[i].Name), Share: float64(first[i]) / infer.JackknifeGroups, Evidence: whole.p[i]})
		}
	}
	out.traits = w.words(lead, whole)
	out.shares, out.evidence, out.told, out.own = map[string]float64{}, map[string]map[string]float64{}, map[string][]string{}, map[string]bool{}
	for i, l := range w.layers {
		name := clean(l.Name)
		out.shares[name], out.evidence[name], out.told[name] = float64(first[i])/infer.JackknifeGroups, whole.p[i], w.words(i, whole)
		out.own[name] = whole.ownQ[i] <= alpha
	}
	if whole.ownQ[lead] > alpha {
		out.From, out.To = w.edge(whole)
	} else {
		out.Named = out.Suspects[0].Share >= settled
	}
	return out
}

// testify asks all evidences.
func (w *witness) testify() testimony {
	n := len(w.layers)
	t := testimony{p: make([]map[string]float64, n), sole: make([]bool, n)}
	all, own := make([][]float64, n), make([][]float64, n)
	for i := range t.p {
		t.p[i], t.sole[i] = map[string]float64{}, w.own[i] <= soleLevel
	}
	for _, e := range evidences() {
		for i, p := range e.ask(w) {
			if math.IsNaN(p) {
				continue
			}
			t.p[i][e.name] = p
			p = math.Max(p, e.least)
			all[i] = append(all[i], p)
			if e.local {
				own[i] = append(own[i], p)
			}
		}
	}
	_, t.q = combined(all)
	t.own, t.ownQ = combined(own)
	return t
}

// joined is the Cauchy combination of one layer's p-values. A p near 1 would silence all others: it counts as
// 1 - 1/d at most, or a half of one or two, as a p of exactly 1 does (Liu et al. 2019).
func joined(ps []float64) (float64, error) {
	most := 1 - 1/float64(max(2, len(ps)))
	kept := make([]float64, len(ps))
	for i, p := range ps {
		kept[i] = math.Min(p, most)
	}
	return infer.CauchyCombination(kept)
}

// combined joins the p-values of each layer, and corrects for the number of layers.
func combined(ps [][]float64) (p, q []float64) {
	p = slices.Repeat([]float64{1}, len(ps))
	for i, of := range ps {
		if v, err := joined(of); err == nil {
			p[i] = v
		}
	}
	q, err := infer.BH(p)
	if err != nil { // not a p-value: nothing is rejected
		q = slices.Repeat([]float64{1}, len(ps))
	}
	return p, q
}

// readingAlone reports whether a layer is accused by its read alignment and nothing else of its own. That is not enough
// where the network works (METHODS 5.5, trap d): the projections of healthy attentions may read at random.
func (t testimony) readingAlone(i int) bool {
	if t.ownQ[i] > alpha {
		return false
	}
	for name, p := range t.p[i] {
		if name != "e7" && slices.ContainsFunc(evidences(), func(e evidence) bool { return e.local && e.name == name }) && p <= localLevel {
			return false
		}
	}
	return true
}

// Levels of the earliest-cause rule: what speaks for a layer in words, and what of its own weights and units makes
// it a cause before all others.
const (
	localLevel = 0.01
	soleLevel  = 1e-3
)

// rank orders the layers: first the most upstream of those rejected by what is about them alone, those with
// broken weights or units before others; then, where the first does not fit what it reads, whoever gives it that
// and is not cleared; the rest by p.
func (w *witness) rank(t testimony) []int {
	order := seq(len(t.q))
	lead := slices.IndexFunc(order, func(i int) bool { return t.ownQ[i] <= alpha && t.sole[i] })
	if lead < 0 {
		lead = slices.IndexFunc(order, func(i int) bool { return t.ownQ[i] <= alpha })
	}
	place := make([]int, len(order)) // 0 for the first, 1 for its writers, 2
	for i := range place {
		place[i] = 2
	}
	if lead >= 0 {
		place[lead] = 0
		if e7, ok := t.p[lead]["e7"]; ok && e7 <= localLevel && !t.sole[lead] {
			for _, i := range w.uncleared(lead) {
				place[i] = 1
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if place[a] == 1 && place[b] == 1 { // whose own reading says most against it, the nearest first
			return cmp.Or(cmp.Compare(t.readingOf(a), t.readingOf(b)), cmp.Compare(b, a))
		}
		return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(t.own[a], t.own[b]))
	})
	return order
}

// readingOf is the p of a layer's own reading; a half where there is none.
func (t testimony) readingOf(i int) float64 {
	if p, ok := t.p[i]["e7"]; ok {
		return p
	}
	return 0.5
}

// uncleared lists the layers with weights that a layer reads, through layers without any, whose own reading says
// nothing for them: one that reads the input, which the first layer of any network does well, one without read alignment, and
// projections of an attention, which share theirs.
func (w *witness) uncleared(at int) []int {
	var out []int
	seen := map[string]bool{}
	var visit func(names []string, shared bool)
	visit = func(names []string, shared bool) {
		for _, name := range names {
			k := slices.IndexFunc(w.all, func(l graph.Layer) bool { return l.Name == name })
			if k < 0 || seen[name] {
				continue
			}
			seen[name] = true
			l := w.all[k]
			i := slices.IndexFunc(w.layers, func(x graph.Layer) bool { return x.Name == name })
			if i < 0 {
				if l.Op != "Sum" { // of a stream's many writers none is meant
					visit(l.After, l.Op == "Attention")
				}
				continue
			}
			if r := w.read[i]; shared || readsInput(l) || r == nil || r.Width < alignment.Narrowest {
				out = append(out, i)
			}
		}
	}
	visit(w.layers[at].After, false)
	return out
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// edge returns the first layer with evidence, and the last before which nothing hints at anything: no layer's own
// evidence, uncorrected, nor what a layer gives that one reads which does not fit. from is "" where no more is known than
// that the answers are wrong although labels can be read before the head; both are where it leaves nothing out.
func (w *witness) edge(t testimony) (from, to string) {
	at := slices.IndexFunc(t.q, func(q float64) bool { return q <= alpha })
	first, hinted := at, false
	for i, p := range t.own[:at+1] {
		if p > alpha {
			continue
		}
		first, hinted = min(first, i), true
		for k := range first {
			if t.readingOf(i) <= alpha && slices.Contains(w.readers(k), i) {
				first = k
				break
			}
		}
	}
	to = clean(w.layers[at].Name)
	switch {
	case w.layers[at].Head && (!hinted || first == 0):
		return "", to
	case first == 0:
		return "", ""
	}
	return clean(w.layers[first-1].Name), to
}

// A witness holds what the evidences are drawn from.
type witness struct {
	c       statistic.Case
	r       *statistic.Results
	all     []graph.Layer
	layers  []graph.Layer // with weights: those that can be the cause, in order
	healthy Population    // reference networks
	without int           // group of samples that is left out, -1 for none
	groups  []int         // of the samples held out, by row

	read  []*alignment.Result  // nil where there is none
	state []float64            // e1, which no group changes
	own   []float64            // of it the smallest p that nothing upstream can cause
	marks []map[string]float64 // p by trait
	drawn []float64            // e9 without the network before training
}

// leastLayers is how many layers with weights are compared with one another at least.
const leastLayers = 4

func newWitness(c statistic.Case, r *statistic.Results, healthy Population) *witness {
	w := &witness{c: c, r: r, all: c.Layers, healthy: healthy, without: -1}
	for _, l := range c.Layers {
		if l.Weight != "" && (l.Op == "Conv" || l.Op == "ConvTranspose" || l.Op == "Linear") {
			w.layers = append(w.layers, l)
		}
	}
	if len(w.layers) >= leastLayers {
		w.read = make([]*alignment.Result, len(w.layers))
		for i, l := range w.layers { // once: finding a layer's takes looking at all of them
			if x, err := alignment.At(c, r, l.Name); err == nil {
				w.read[i] = x
			}
		}
		if split, ok := c.Held(); ok { // those of pairs.Statistic and alignment.Statistic
			w.groups = infer.Groups(infer.Seed(c.Seed, "pairs"), c.Source.Samples(capture.View{Split: split}).Hashes, infer.JackknifeGroups)
		}
		w.examineStates()
		w.examineInitial()
	}
	return w
}

// An evidence gives each layer a p-value, NaN where there is none.
type evidence struct {
	name  string
	words string
	local bool // it is about the layer itself, not about its neighbours or what comes later
	// least is the smallest p that counts: where few siblings are the reference an evidence supports, it does
	// not accuse.
	least float64
	ask   func(*witness) []float64
}

// evidences lists those of METHODS 5.6. e10, patching, needs a reference network (Confirm).
func evidences() []evidence {
	return []evidence{
		{"e1", "its own state", true, 0, localState},
		{"e2", "its neighbours agree without it", false, 0.01, bridgeDeficit},
		{"e3", "a weak link to what it reads", false, 0.01, linkDeviation},
		{"e4", "a block of similar layers begins there", false, 0.01, changePoint},
		{"e5", "it is unlike the layers around it", false, 0.01, layerOutlier},
		{"e6", "it lowers the similarity of all", false, 0.01, leaveOneOut},
		{"e7", "its weights do not fit what they read", true, 0, readAlignment},
		{"e8", "labels can be read before it and not behind it", false, 0, probeStep},
		{"e9", "training hardly moved it", true, 0, initialTwin},
	}
}

// none is an evidence that nobody gives.
func (w *witness) none() []float64 { return slices.Repeat([]float64{math.NaN()}, len(w.layers)) }

// above is the one-sided p of x being no larger than healthy layers are, whose values spread like Student's t
// with 20 degrees of freedom about middle.
func above(x, middle, spread float64) float64 { return infer.StudentTail((x-middle)/spread, 20) }

// median of values; NaN of none.
func median(v []float64) float64 {
	m, err := infer.Quantile(v, 0.5)
	if err != nil {
		return math.NaN()
	}
	return m
}
