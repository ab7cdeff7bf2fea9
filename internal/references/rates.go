package main

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/diagnosis"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
)

// draws is how often each healthy network meets other references.
const draws = 12

// A rate is how often something happened.
type rate struct{ hits, of int }

func (r *rate) add(hit bool) {
	r.of++
	if hit {
		r.hits++
	}
}

func (r rate) String() string {
	if r.of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(r.hits)/float64(r.of))
}

// A tally is what one rule says of healthy networks, or all rules of networks with one damage.
type tally struct {
	name string
	// Places: those that were compared with references, by their p and their distance.
	five, one, beyond rate
	// Networks with a finding: by references, by the rule's own reference without them.
	by, alone rate
	// The same at the damaged layer.
	byHere, aloneHere rate
}

// A world is the networks of one architecture.
type world struct {
	name             string
	healthy, damaged []record
}

func worlds(all []record) []world {
	var out []world
	for _, r := range all {
		i := slices.IndexFunc(out, func(w world) bool { return w.name == r.Architecture })
		if i < 0 {
			i, out = len(out), append(out, world{name: r.Architecture})
		}
		if r.Damage == "" {
			out[i].healthy = append(out[i].healthy, r)
		} else {
			out[i].damaged = append(out[i].damaged, r)
		}
	}
	return out
}

// population chooses k healthy networks of other seeds than r's.
func (w world) population(r record, k, draw int) diagnosis.Population {
	var out diagnosis.Population
	for _, i := range infer.Rand(1, "references", w.name, fmt.Sprint(r.Seed, r.Damage, draw)).Perm(len(w.healthy)) {
		if h := w.healthy[i]; h.Seed != r.Seed && len(out) < k {
			out = append(out, diagnosis.Member{Outcomes: h.outcomes()})
		}
	}
	return out
}

// quiet tallies what each rule says of healthy networks beside k others, and last what any does.
func (w world) quiet(k int) []tally {
	n := draws
	if k >= len(w.healthy)-1 {
		n = 1 // there is one choice
	}
	out := make([]tally, len(rules())+1)
	for _, r := range w.healthy {
		alone := found(diagnosis.Diagnose(r.outcomes(), nil), "", "")
		for d := range n {
			os := diagnosis.Against(r.outcomes(), w.population(r, k, d))
			by := found(diagnosis.Diagnose(os, nil), finding.R1, "")
			anyBy, anyAlone := false, false
			for i, o := range os {
				t := &out[i]
				t.name = o.Detector.Code + " " + o.Detector.Name
				compared := false
				for _, m := range o.Measurements {
					if m.Null == finding.R1 {
						compared = true
						t.place(m)
						out[len(os)].place(m)
					}
				}
				if compared {
					t.by.add(by[o.Detector.Code])
					t.alone.add(alone[o.Detector.Code])
					anyBy, anyAlone = anyBy || by[o.Detector.Code], anyAlone || alone[o.Detector.Code]
				}
			}
			out[len(os)].by.add(anyBy)
			out[len(os)].alone.add(anyAlone)
		}
	}
	out[len(out)-1].name = "any of them"
	return slices.DeleteFunc(out, func(t tally) bool { return t.by.of == 0 })
}

func (t *tally) place(m finding.Measurement) {
	t.five.add(m.Details["reference p"] <= 0.05)
	t.one.add(m.Details["reference p"] <= 0.01)
	t.beyond.add(m.Details["reference z"] > diagnosis.Beyond)
}

// loud tallies by damage what the rules say beside k healthy networks, of those rules that are compared with them.
func (w world) loud(k int) []tally {
	var out []tally
	all := tally{name: "all"}
	for _, r := range w.damaged {
		i := slices.IndexFunc(out, func(t tally) bool { return t.name == r.Damage })
		if i < 0 {
			i, out = len(out), append(out, tally{name: r.Damage})
		}
		with := diagnosis.Diagnose(diagnosis.Against(r.outcomes(), w.population(r, k, 0)), nil)
		without := diagnosis.Diagnose(r.outcomes(), nil)
		for _, t := range []*tally{&out[i], &all} {
			t.by.add(len(found(with, finding.R1, "")) > 0)
			t.byHere.add(len(found(with, finding.R1, r.Layer)) > 0)
			t.alone.add(len(found(without, "", "")) > 0)
			t.aloneHere.add(len(found(without, "", r.Layer)) > 0)
		}
	}
	return append(out, all)
}

// found lists the rules with a finding: by a reference, or any if "", at a layer, or anywhere if "".
func found(d finding.Diagnosis, by finding.Reference, layer string) map[string]bool {
	out := map[string]bool{}
	for _, f := range d.Findings {
		if (by == "" || f.Reference == by) && (layer == "" || slices.Contains(f.Extent.Layers, layer)) {
			out[f.Code] = true
		}
	}
	return out
}

// A causes tallies who is told to be the cause of damages that cost accuracy.
type causes struct {
	first, causal, wrong rate // the damaged layer is first; patching bore that out; it bore out another
}

// costs is how much accuracy a damage has to cost for its cause to be looked for.
const costs = 0.05

// tallyCauses returns what is told beside one kind of reference, of the damages that cost something.
func (w world) tallyCauses(all []naming, beside string) (out causes) {
	for _, n := range all {
		i := slices.IndexFunc(w.healthy, func(h record) bool { return h.Seed == n.Seed })
		if n.Architecture != w.name || n.Beside != beside || i < 0 || n.Accuracy > w.healthy[i].Accuracy-costs {
			continue
		}
		out.first.add(n.First == n.Layer)
		out.causal.add(n.Causal && n.First == n.Layer)
		out.wrong.add(n.Causal && n.First != n.Layer)
	}
	return out
}
