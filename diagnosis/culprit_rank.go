package diagnosis

import (
	"cmp"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic/alignment"
)

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
