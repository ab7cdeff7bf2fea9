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
}

// A relation says where the effect must stand, seen from the cause.
type relation int

const (
	sameLayer  relation = iota // in one of the cause's layers
	near                       // in one of the cause's layers or next to one
	downstream                 // in a layer after the cause, or at the output
)

func links() []link {
	return []link{
		{"UNI-06", []string{"REP-02", "REP-04", "REP-08"}, near},
		{"NRM-01", []string{"SHF-01", "FIT-03", "FIT-04", "REP-02", "REP-04", "CAL-01"}, downstream},
		{"UNI-01", []string{"REP-04", "FIT-04"}, sameLayer},
		{"REP-04", []string{"UNI-05"}, sameLayer},
		{"DAT-01", []string{"FIT-03", "NRM-01", "CAL-01", "FAI-02", "FIT-06"}, downstream},
		{"GRD-01", []string{"FAL-02", "FAL-04"}, sameLayer},
	}
}

// explain marks the findings that another one explains. Only a finding that is at least as sure may
// explain; of several the worst does, and an explained finding explains nothing itself: whether a cause
// is explained is settled first, which ends because links lead from causes to effects only.
func explain(fs []finding.Finding, layers []graph.Layer) {
	order := map[string]int{}
	for i, l := range layers {
		order[clean(l.Name)] = i
	}
	settled := make([]bool, len(fs))
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
				if fs[j].Code != l.cause || !moves(fs[j]) || sureness(fs[j]) < sureness(fs[i]) || !related(fs[j], fs[i], l.where, order) {
					continue
				}
				if settle(j); fs[j].ExplainedBy == "" {
					fs[i].ExplainedBy = Reference(fs[j])
					return
				}
			}
		}
	}
	for i := range fs {
		settle(i)
	}
}

// moves reports whether a finding may be a cause. Stale normalisation statistics are one only where
// re-estimating them was measured to help: an untrained network has them too, and they explain nothing.
func moves(f finding.Finding) bool { return f.Code != "NRM-01" || f.Verdict == finding.Causal }

// Reference names a finding: CODE@layer.
func Reference(f finding.Finding) string { return f.Code + "@" + f.Site.Layer }

func sureness(f finding.Finding) int {
	return slices.Index([]finding.Certainty{finding.Suspected, finding.Confirmed, finding.Causal}, f.Verdict)
}

func related(cause, effect finding.Finding, where relation, order map[string]int) bool {
	for _, c := range cause.Extent.Layers {
		ci, known := order[c]
		for _, e := range effect.Extent.Layers {
			ei, ok := order[e]
			switch {
			case where == downstream && (!ok || !known || ei >= ci):
				return true
			case !ok || !known:
			case where == sameLayer && ei == ci, where == near && ei >= ci-1 && ei <= ci+1:
				return true
			}
		}
	}
	return false
}
