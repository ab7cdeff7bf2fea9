// Package detector holds the contract of a rule. A rule sees the layers and finished statistics, never
// raw values, a file or an engine. It measures every place it can, the healthy ones too; what a number
// means is judged for all rules together in package diagnosis. Each rule has a folder of its own, whose
// doc.go is its manual.
package detector

import (
	"fmt"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/statistic"
)

// A Tier is the kind of input a rule cannot do without.
type Tier string

// The tiers (METHODS 2).
const (
	Features    Tier = "features"
	Labels      Tier = "labels"
	Gradients   Tier = "gradients"
	Weights     Tier = "weights"
	Checkpoints Tier = "checkpoints"
	Execution   Tier = "execution"
	Groups      Tier = "groups"
	Inputs      Tier = "inputs"
)

// A Detector is one rule.
type Detector struct {
	Code    string // UNI-01: stable, never reused
	Name    string // dead-units: flag, configuration key, folder
	Title   string // Dead units
	Family  string // a name of diagnosis.Families
	Version int    // changes with its numbers: a changed rule must not look like a changed network
	Doc     string // the rule's manual, Markdown
	Tier    Tier
	Needs   []statistic.Any
	Anchors finding.Anchors // the floor is Anchors.Minor
	// Exact says that the rule's null is exact or analytic, so that it may confirm at once (METHODS
	// 3.7). The numbers of other rules are suspicions until they are calibrated.
	Exact bool
	// Spans joins the findings of neighbouring layers into one.
	Spans    bool
	Settings func() any          // typed, with defaults, a pointer to a struct; nil if none
	Detect   func(p *Pass) error // calls p.Measure for each place
}

// A Pass is one run of a rule: what it may look at, and where its measurements go.
type Pass struct {
	Case     statistic.Case
	Layers   []graph.Layer
	Results  *statistic.Results
	Settings any // what Detector.Settings returned, with the user's values
	Anchors  finding.Anchors

	detector     *Detector
	measurements []finding.Measurement
	skipped      []Skipped
	tracks       []finding.Track
	notes        []string
}

// Skipped is a place a rule could not measure, or the whole rule when Layer is "".
type Skipped struct {
	Layer string
	Code  string // no-labels, too-few-samples, ...
	Why   string
	Needs string // what would make it assessable
}

// Measure takes in the measurement of one place. One that names no split is of the samples held out.
func (p *Pass) Measure(m finding.Measurement) {
	if held, ok := p.Case.Held(); ok && m.Splits == nil {
		m.Splits = []string{string(held)}
	}
	if m.Title == "" {
		m.Title = p.detector.Title
	}
	p.measurements = append(p.measurements, m)
}

// Skip notes that a layer could not be measured and why.
func (p *Pass) Skip(layer string, err error) {
	code, why := statistic.Reason(err)
	p.skipped = append(p.skipped, Skipped{Layer: layer, Code: code, Why: why})
}

// NotAssessed says that the rule as a whole cannot be judged; needs tells what would change that.
func (p *Pass) NotAssessed(code, needs, format string, args ...any) {
	p.skipped = append(p.skipped, Skipped{Code: code, Why: fmt.Sprintf(format, args...), Needs: needs})
}

// Track offers a measure of every layer for the fault map; one without values is none.
func (p *Pass) Track(t finding.Track) {
	if len(t.Values) > 0 {
		p.tracks = append(p.tracks, t)
	}
}

// Note says in the result's notes what the rule could have looked at and did not.
func (p *Pass) Note(text string) { p.notes = append(p.notes, text) }

// An Outcome is all that a rule found out.
type Outcome struct {
	Detector     *Detector
	Measurements []finding.Measurement
	Skipped      []Skipped
	Tracks       []finding.Track
	Notes        []string
	Seed         uint64 // of everything drawn at random
}

// Run runs a rule over finished statistics. A rule that fails is not assessed; its error is the reason.
func Run(d *Detector, c statistic.Case, r *statistic.Results, settings any) (out Outcome) {
	p := &Pass{Case: c, Layers: c.Layers, Results: r, Settings: settings, Anchors: d.Anchors, detector: d}
	if settings == nil && d.Settings != nil {
		p.Settings = d.Settings()
	}
	defer func() {
		if e := recover(); e != nil {
			out = Outcome{Detector: d, Skipped: []Skipped{{Code: "failed", Why: fmt.Sprintf("%s: %v", d.Code, e)}}}
		}
	}()
	if err := d.Detect(p); err != nil {
		code, why := statistic.Reason(err)
		p.skipped = append(p.skipped, Skipped{Code: code, Why: why})
	}
	return Outcome{d, p.measurements, p.skipped, p.tracks, p.notes, c.Seed}
}

// At is the site of a layer's activation.
func At(l graph.Layer) finding.Site { return finding.Site{Layer: l.Name, Of: finding.Activation} }

// On is a place of one layer.
func On(l graph.Layer) finding.Place { return finding.Place{Sites: []finding.Site{At(l)}} }
