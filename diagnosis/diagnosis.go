package diagnosis

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
)

// Diagnose judges the outcomes of all rules. The result lacks similarity, outputs and, but for the rules'
// notes, the run, which are not judgements.
func Diagnose(outcomes []detector.Outcome, layers []graph.Layer) finding.Diagnosis {
	d := finding.Diagnosis{Format: finding.Format, Version: finding.Version}
	for _, l := range layers {
		d.Layers = append(d.Layers, describe(l))
	}
	var all []judged
	for i, js := range judge(outcomes) {
		all = append(all, js...)
		d.Rules = append(d.Rules, ruleOf(outcomes[i], js))
		d.Run.Notes = append(d.Run.Notes, cleanAll(outcomes[i].Notes)...)
		for _, t := range outcomes[i].Tracks {
			d.Tracks = append(d.Tracks, trackOf(t))
		}
	}
	d.Findings = findings(all, layers)
	explain(d.Findings, layers)
	worstFirst(d.Findings, layers)
	d.Findings = arrange(d.Findings)
	conclude(&d)
	return d
}

// conclude gives families and verdict from the findings.
func conclude(d *finding.Diagnosis) {
	attention := slices.ContainsFunc(d.Layers, func(l finding.Layer) bool { return l.Op == "Attention" })
	d.Families = familiesOf(d.Findings, d.Rules, attention)
	d.Verdict = verdict(d.Findings, d.Families, d.Rules)
}

func describe(l graph.Layer) finding.Layer {
	return finding.Layer{Name: clean(l.Name), Index: l.Index, Depth: l.Depth, Op: l.Op, Role: string(l.Role), Stage: clean(l.Stage), Kernel: l.Kernel,
		Shape: l.Shape, Units: l.Units, Activation: l.Activation, After: cleanAll(l.After), Parameters: l.Parameters}
}

// trackOf leaves values out that are no numbers.
func trackOf(t finding.Track) finding.Track {
	out := finding.Track{Name: t.Name, Unit: t.Unit, Values: []finding.TrackValue{}}
	for _, v := range t.Values {
		if number(v.Value) == nil {
			continue
		}
		v.Layer = clean(v.Layer)
		if v.Low != nil && v.High != nil && (number(*v.Low) == nil || number(*v.High) == nil) {
			v.Low, v.High = nil, nil
		}
		out.Values = append(out.Values, v)
	}
	return out
}

// ruleOf sums a rule up: flawed if one place is, clear only if a place was measured and all are.
func ruleOf(o detector.Outcome, js []judged) finding.Rule {
	d := o.Detector
	r := finding.Rule{Code: d.Code, Name: d.Name, Title: d.Title, Family: d.Family, State: finding.NotAssessed}
	rank := []finding.State{finding.NotAssessed, finding.StateClear, finding.Inconclusive, finding.StateNoted, finding.Flawed}
	for _, j := range js {
		if slices.Index(rank, j.state) > slices.Index(rank, r.State) {
			r.State = j.state
		}
		reason := j.Guard
		if j.state == finding.NotAssessed {
			reason = notFinite
		}
		r.Places = append(r.Places, finding.Spot{Layer: clean(strings.Join(j.Place.Layers(), ", ")), State: j.state, Value: number(j.Effect), Low: number(j.Low), High: number(j.High), Reason: reason})
	}
	for _, s := range o.Skipped {
		if s.Layer != "" {
			r.Places = append(r.Places, finding.Spot{Layer: clean(s.Layer), State: finding.NotAssessed, Reason: s.Code})
		}
		if r.State == finding.NotAssessed && (r.Reason == "" || s.Layer == "") {
			r.Reason, r.Text, r.Needs = s.Code, clean(s.Why), clean(s.Needs)
		}
	}
	if r.State == finding.NotAssessed && r.Reason == "" && len(js) > 0 {
		r.Reason, r.Text = notFinite, "what was measured is not a number"
	}
	if r.State == finding.NotAssessed && r.Reason == "" {
		r.Reason, r.Text = "nothing-to-measure", "the network has no place this rule looks at"
	}
	return r
}

// findings lists the flaws, worst first.
func findings(all []judged, layers []graph.Layer) []finding.Finding {
	var flawed []judged
	for _, j := range all {
		if j.state == finding.Flawed {
			flawed = append(flawed, j)
		}
	}
	var out []finding.Finding
	for _, group := range spans(flawed, places(layers)) {
		out = append(out, findingOf(group))
	}
	worstFirst(out, layers)
	return out
}

func worstFirst(fs []finding.Finding, layers []graph.Layer) {
	index := places(layers)
	slices.SortStableFunc(fs, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Value, a.Severity.Value), cmp.Compare(sureness(b), sureness(a)), cmp.Compare(a.Code, b.Code), cmp.Compare(position(a, index), position(b, index)))
	})
}

// places numbers the layers by their names as findings hold them.
func places(layers []graph.Layer) map[string]int {
	index := map[string]int{}
	for i, l := range layers {
		index[clean(l.Name)] = i
	}
	return index
}

func position(f finding.Finding, index map[string]int) int {
	if i, ok := index[f.Site.Layer]; ok {
		return i
	}
	return len(index)
}

// spans joins measurements of neighbouring layers of a rule that asks for it, the worst of which leads,
// and those that came down from a layer, which then leads.
func spans(js []judged, index map[string]int) [][]judged {
	var out [][]judged
	for _, j := range js {
		if at := source(out, j); at >= 0 {
			out[at] = append(out[at], j)
			continue
		}
		last := len(out) - 1
		if last >= 0 && j.rule.Spans {
			prev := out[last][len(out[last])-1]
			at, ok := index[lastLayer(j)]
			before, known := index[lastLayer(prev)]
			if ok && known && prev.rule == j.rule && prev.sure == j.sure && at == before+1 {
				out[last] = append(out[last], j)
				continue
			}
		}
		out = append(out, []judged{j})
	}
	return out
}

// source is the group whose leading layer a measurement of the same rule came down from; -1 if none.
func source(groups [][]judged, j judged) int {
	if j.From == "" || !j.rule.Spans {
		return -1
	}
	return slices.IndexFunc(groups, func(g []judged) bool { return g[0].rule == j.rule && lastLayer(g[0]) == clean(j.From) })
}

func lastLayer(j judged) string {
	ls := j.Place.Layers()
	if len(ls) == 0 {
		return ""
	}
	return clean(ls[len(ls)-1])
}

func findingOf(group []judged) finding.Finding {
	lead := slices.MaxFunc(group, func(a, b judged) int {
		if (a.From == "") != (b.From == "") {
			return cmp.Compare(b.From, a.From) // "" is the least
		}
		return cmp.Compare(a.Effect, b.Effect)
	})
	d := lead.rule
	f := finding.Finding{Code: d.Code, Name: d.Name, Title: clean(lead.Title), Family: d.Family, RuleVersion: d.Version, Reference: lead.Null, Calibrated: d.Exact,
		Units: lead.Place.Units, Verdict: lead.sure, Severity: severity(lead.Measurement, d.Anchors),
		Measure: finding.Measure{Name: lead.Name, Value: lead.Effect, Low: numberOr(lead.Low, lead.Effect), High: numberOr(lead.High, lead.Effect), Level: level, N: lead.N, P: number(lead.p), Q: number(lead.q), Floor: d.Anchors.Minor},
		Message: clean(lead.Message), Evidence: clean(lead.Evidence), Caveats: cleanAll(lead.Caveats), Remedies: remedies(lead.Remedies)}
	if number(lead.Low) == nil || number(lead.High) == nil {
		f.Caveats = append(f.Caveats, "no interval could be computed; the bounds are the value itself")
	}
	if len(lead.Place.Sites) > 0 {
		s := lead.Place.Sites[len(lead.Place.Sites)-1]
		f.Site = finding.ResultSite{Network: lead.Place.Network, Layer: clean(s.Layer), Kind: s.Of}
	}
	for _, j := range group {
		for _, l := range j.Place.Layers() {
			if l = clean(l); !slices.Contains(f.Extent.Layers, l) {
				f.Extent.Layers = append(f.Extent.Layers, l)
			}
		}
	}
	f.Extent.Classes, f.Extent.Groups, f.Extent.Samples = lead.Place.Classes, cleanAll(lead.Place.Groups), cleanAll(lead.Place.Samples)
	f.Provenance = provenance(lead)
	if n := len(slices.DeleteFunc(slices.Clone(group), func(j judged) bool { return j.From == "" })); n > 0 && lead.From == "" {
		f.Provenance["spreads to"] = n
	}
	return f
}

func provenance(j judged) map[string]any {
	a := j.rule.Anchors
	p := map[string]any{"anchors": []float64{a.Minor, a.Moderate, a.Critical}, "procedure": procedure, "m": j.tests, "rules": j.rules, "rules_selected": j.selected, "seed": j.seed}
	if len(j.Splits) > 0 {
		p["split"] = j.Splits
	}
	if j.From != "" {
		p["from"] = clean(j.From)
	}
	if a.Cap > 0 {
		p["cap"] = a.Cap
	}
	for _, k := range slices.Sorted(maps.Keys(j.Details)) {
		if v := j.Details[k]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			p[k] = v
		}
	}
	if j.Impact != nil {
		p["impact_points"] = []float64{j.Impact.Value, j.Impact.Low, j.Impact.High}
	}
	return p
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func numberOr(v, other float64) float64 {
	if number(v) == nil {
		return other
	}
	return v
}

func remedies(rs []finding.Remedy) []finding.Remedy {
	var out []finding.Remedy
	for _, r := range rs {
		out = append(out, finding.Remedy{Treatment: clean(r.Treatment), Risk: r.Risk, Why: clean(r.Why)})
	}
	return out
}

// clean strips what could disturb a reader's terminal or turn the order of letters: names come from
// files. Each form of the report escapes for itself.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

func cleanAll(ss []string) []string {
	var out []string
	for _, s := range ss {
		out = append(out, clean(s))
	}
	return out
}

// count says how many root findings there are of each word, worst first, and how many suspicions: "one
// critical and two minor findings and one suspicion".
func count(fs []finding.Finding) string {
	of, suspected := map[finding.Word]int{}, 0
	for _, f := range fs {
		switch {
		case f.ExplainedBy != "" || f.PropagatedFrom != "":
		case f.Verdict == finding.Suspected:
			suspected++
		default:
			of[f.Severity.Word]++
		}
	}
	var parts []string
	last := 0
	order := finding.Words()
	slices.Reverse(order)
	for _, w := range order {
		if n := of[w]; n > 0 {
			parts, last = append(parts, fmt.Sprintf("%s %s", inWords(n), w)), n
		}
	}
	var all []string
	if len(parts) > 0 {
		all = append(all, listed(parts)+" "+plural(last, "finding"))
	}
	if suspected > 0 {
		all = append(all, numbered(suspected, "suspicion"))
	}
	if len(all) == 0 {
		return "no findings"
	}
	return listed(all)
}

// listed joins words: "a, b and c".
func listed(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func inWords(n int) string {
	small := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n < len(small) {
		return small[n]
	}
	return fmt.Sprint(n)
}
