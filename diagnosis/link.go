package diagnosis

import (
	"slices"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
)

// A link says that a finding of one rule explains those of others (METHODS 3.11), so that one cause is
// not counted twice.
type link struct {
	cause   string
	effects []string
	where   relation
	shown   func(effect finding.Finding) bool // what was measured of the effect bears the link out; nil if nothing need
}

// A relation says where the effect must stand, seen from the cause.
type relation int

const (
	sameLayer  relation = iota // in one of the cause's layers
	near                       // in one of the cause's layers or next to one
	downstream                 // in a layer after the cause, or at the output
	behind                     // downstream of a layer without a living unit
	origin                     // where it was measured to come down from the cause's layer
)

func links() []link {
	return []link{
		{"UNI-06", []string{"REP-01", "REP-02", "REP-04", "REP-05", "REP-06", "REP-08"}, near, nil},
		{"NRM-01", []string{"SHF-01", "FIT-03", "FIT-04", "REP-02", "REP-04", "CAL-01"}, downstream, nil},
		{"UNI-01", []string{"NRM-01"}, origin, nil},
		{"UNI-04", []string{"NRM-01"}, origin, nil},
		{"UNI-06", []string{"NRM-01"}, origin, nil},
		{"UNI-01", []string{"REP-04", "FIT-04"}, sameLayer, nil},
		{"UNI-01", []string{"UNI-04", "UNI-05", "REP-02", "REP-04", "FIT-03", "FIT-04", "FAI-02"}, behind, nil},
		{"REP-04", []string{"UNI-05", "REP-01", "REP-06"}, sameLayer, nil},
		{"DAT-01", []string{"FIT-03", "NRM-01", "CAL-01", "FAI-02", "FIT-06"}, downstream, nil},
		{"FIT-01", []string{"CAL-01"}, downstream, overconfident},
		{"FIT-01", []string{"FAI-02"}, downstream, learnt},
		{"GRD-01", []string{"FAL-02", "FAL-04"}, sameLayer, nil},
		{"FAL-02", []string{"FAL-04"}, sameLayer, nil},
		{"FAL-04", []string{"REP-09", "FIT-03"}, downstream, nil},
	}
}

// overconfident reports whether a miscalibrated network claims more than it keeps, as one does that
// learnt its samples by heart.
func overconfident(effect finding.Finding) bool {
	gap, ok := effect.Provenance["signed gap"].(float64)
	return ok && gap > 0
}

// learnt reports whether the class that fares worst held out was learnt in training: then it is short of
// samples it generalises from, as the whole network is.
func learnt(effect finding.Finding) bool {
	gap, ok := effect.Provenance["gap in training"].(float64)
	return ok && gap < effect.Measure.Floor
}

// explain marks the findings that another one explains. Only a finding that is at least as sure may
// explain, unless it was measured that the effect comes from it; of several the worst does. Whether a
// cause is explained is settled first, which ends because links lead from causes to effects only. An
// explained finding explains nothing itself; where it was measured to come from another, that one does.
func explain(fs []finding.Finding, layers []graph.Layer) {
	order := places(layers)
	settled, measured := make([]bool, len(fs)), make([]bool, len(fs))
	var settle func(i int)
	settle = func(i int) {
		if settled[i] {
			return
		}
		settled[i] = true
		for _, l := range links() {
			if !slices.Contains(l.effects, fs[i].Code) {
				continue
			}
			for j := range fs {
				if fs[j].Code != l.cause || !moves(fs[j]) || !related(fs[j], fs[i], l.where, order) || !holds(l, fs[j], fs[i]) {
					continue
				}
				settle(j)
				switch {
				case fs[j].ExplainedBy == "":
					fs[i].ExplainedBy, measured[i] = Reference(fs[j]), l.where == origin
					if measured[i] {
						bear(&fs[j], fs[i])
					}
					return
				case measured[j]:
					fs[i].ExplainedBy = fs[j].ExplainedBy
					return
				}
			}
		}
	}
	for i := range fs {
		settle(i)
	}
}

// moderate is where severity is no longer minor.
const moderate = 40

// holds reports whether what is known of two findings lets one explain the other.
func holds(l link, cause, effect finding.Finding) bool {
	if l.where == behind && cause.Provenance["share"] != 1.0 {
		return false
	}
	if l.where != origin && cause.Severity.Value < min(moderate, effect.Severity.Value) {
		return false // what is minor explains what is minor
	}
	return (l.where == origin || sureness(cause) >= sureness(effect)) && (l.shown == nil || l.shown(effect))
}

// bear lets a cause answer for what was measured of its effect: a gain from mending the effect is won from
// the cause, too (METHODS 11.1), and an intervention there is one on what the cause does.
func bear(cause *finding.Finding, effect finding.Finding) {
	if effect.Severity.Basis != "impact" || effect.Verdict != finding.Causal {
		return
	}
	if effect.Severity.Value > cause.Severity.Value {
		cause.Severity = effect.Severity
		cause.Caveats = append(cause.Caveats, "its severity is what was measured at "+Reference(effect)+", which comes from it")
	}
	cause.Verdict = finding.Causal
}

// arrange puts what a finding explains behind it, so that causes are read first; all else keeps its place.
func arrange(fs []finding.Finding) []finding.Finding {
	var out []finding.Finding
	placed := make([]bool, len(fs))
	for i, root := range fs {
		if root.ExplainedBy != "" {
			continue
		}
		out, placed[i] = append(out, root), true
		for j, f := range fs {
			if !placed[j] && f.ExplainedBy == Reference(root) {
				out, placed[j] = append(out, f), true
			}
		}
	}
	return out
}

// moves reports whether a finding may be a cause. Stale normalisation statistics are one only where
// re-estimating them was measured to help: an untrained network has them too, and they explain nothing.
func moves(f finding.Finding) bool { return f.Code != "NRM-01" || f.Verdict == finding.Causal }

// Reference names a finding: CODE@layer.
func Reference(f finding.Finding) string { return f.Code + "@" + f.Site.Layer }

// Counts reports whether a finding asks for something by itself: nothing explains it, or something milder
// does. A cause whose severity is capped does not take the harm off what it explains.
func Counts(f finding.Finding, among []finding.Finding) bool {
	if f.PropagatedFrom != "" {
		return false
	}
	return f.ExplainedBy == "" || slices.ContainsFunc(among, func(c finding.Finding) bool {
		return Reference(c) == f.ExplainedBy && c.Severity.Value < f.Severity.Value
	})
}

func sureness(f finding.Finding) int {
	return slices.Index([]finding.Certainty{finding.Suspected, finding.Confirmed, finding.Causal}, f.Verdict)
}

func related(cause, effect finding.Finding, where relation, order map[string]int) bool {
	if where == origin {
		return effect.Provenance["from"] == cause.Site.Layer
	}
	for _, c := range cause.Extent.Layers {
		ci, known := order[c]
		for _, e := range effect.Extent.Layers {
			ei, ok := order[e]
			switch {
			case (where == downstream || where == behind) && (!ok || !known || ei >= ci):
				return true
			case !ok || !known:
			case where == sameLayer && ei == ci, where == near && ei >= ci-1 && ei <= ci+1:
				return true
			}
		}
	}
	return false
}
