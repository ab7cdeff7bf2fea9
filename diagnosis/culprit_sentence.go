package diagnosis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
)

// words says what speaks against a layer, two reasons at most: traits that nothing upstream can cause, then the other
// traits and evidences that stand, the strongest first.
func (w *witness) words(at int, t testimony) []string {
	type reason struct {
		text string
		own  bool
		p    float64
	}
	var all []reason
	for _, x := range traits() {
		if p, ok := w.marks[at][x.name]; ok && p <= localLevel {
			all = append(all, reason{x.words, x.own, p})
		}
	}
	for _, e := range evidences() {
		if p, ok := t.p[at][e.name]; ok && p <= localLevel && e.name != "e1" {
			all = append(all, reason{e.words, false, p})
		}
	}
	slices.SortStableFunc(all, func(a, b reason) int {
		if a.own != b.own {
			if a.own {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.p, b.p)
	})
	var out []string
	for _, r := range all[:min(2, len(all))] {
		out = append(out, r.text)
	}
	return out
}

// Sentence says in plain words which layer is the likely cause, on which evidence and in how many of the
// repeats; or between which layers it lies; or that it cannot be told. It is "" where nobody is suspected.
func (c Culprit) Sentence() string {
	if len(c.Suspects) == 0 {
		return ""
	}
	times := func(s finding.Suspect) int { return int(math.Round(s.Share * infer.JackknifeGroups)) }
	first := c.Suspects[0]
	why := ""
	if len(c.traits) > 0 {
		why = ": " + listed(c.traits)
	}
	switch {
	case c.cause != nil:
		return fmt.Sprintf("The cause is layer %s%s; %s.", first.Layer, why, c.patched())
	case c.Named:
		return fmt.Sprintf("The cause is most likely layer %s%s; it ranks first in %d of %d repeats.", first.Layer, why, times(first), c.Repeats)
	case c.From != "":
		return fmt.Sprintf("Something breaks between %s and %s; which of the layers is the cause cannot be named.", c.From, c.To)
	case c.To != "":
		return fmt.Sprintf("Something breaks on the way to %s; which of the layers is the cause cannot be named.", c.To)
	case len(c.Suspects) == 1:
		return fmt.Sprintf("The cause cannot be named: %s ranks first in %d of %d repeats only.", first.Layer, times(first), c.Repeats)
	}
	var parts []string
	for _, s := range c.Suspects {
		parts = append(parts, fmt.Sprintf("%s (%d of %d repeats)", s.Layer, times(s), c.Repeats))
	}
	return "The cause cannot be pinned to one layer: " + strings.Join(parts, ", ") + "."
}

// Tell puts the suspects into a result, marks what comes down from the layer that is named, and puts the sentence behind
// the verdict's.
func (c Culprit) Tell(d *finding.Diagnosis) {
	d.Suspects = c.Suspects
	if c.propagate(d) {
		conclude(d)
	}
	if s := c.Sentence(); s != "" {
		d.Verdict.Detail += " " + s
	}
	if c.refuted {
		d.Verdict.Detail += " A reference network's values in the place of the suspects do not bring accuracy back."
	}
}
