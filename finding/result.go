package finding

// Format and Version stand at the head of every result file.
const (
	Format  = "stratascope-diagnosis"
	Version = "1.0"
)

// A Diagnosis is the result of a run: everything a person or a program sees is a view of it. Its JSON
// form is the result file (docs/result-file.md); numbers that do not exist are absent, never NaN.
type Diagnosis struct {
	Format     string      `json:"format"`
	Version    string      `json:"version"`
	Run        Run         `json:"run"`
	Layers     []Layer     `json:"layers"`
	Verdict    Verdict     `json:"verdict"`
	Families   []Family    `json:"families"`
	Findings   []Finding   `json:"findings"`
	Suspects   []Suspect   `json:"suspects,omitempty"`
	Rules      []Rule      `json:"rules"`
	Tracks     []Track     `json:"tracks"`
	Similarity *Similarity `json:"similarity,omitempty"`
	Links      []Link      `json:"links,omitempty"`
	Clusters   *Clusters   `json:"clusters,omitempty"`
	Outputs    *Outputs    `json:"outputs,omitempty"`
}

// A Run says what made the result.
type Run struct {
	Tool     string         `json:"tool"`
	Engine   string         `json:"engine"`
	Kernel   string         `json:"kernel"`
	Seed     uint64         `json:"seed"`
	Model    Model          `json:"model"`
	Data     Data           `json:"data"`
	Settings map[string]any `json:"settings"`
	Notes    []string       `json:"notes,omitempty"` // what importing found: folded normalisation, fixed batch

	References []Model `json:"references,omitempty"` // healthy networks of the same architecture that were given
}

// A Model names the network that was examined.
type Model struct {
	Name       string `json:"name"`
	SHA256     string `json:"sha256,omitempty"`
	Opset      int    `json:"opset,omitempty"`
	Parameters int    `json:"parameters,omitempty"`
	Output     string `json:"output,omitempty"` // logits, probabilities, ...
}

// Data says how many samples of each split were read.
type Data struct {
	Name       string   `json:"name,omitempty"`
	Train      int      `json:"train"`
	Val        int      `json:"val"`
	Test       int      `json:"test,omitempty"`
	Deploy     int      `json:"deploy,omitempty"`
	Classes    int      `json:"classes"`
	ClassNames []string `json:"class_names,omitempty"`
	Task       string   `json:"task,omitempty"`
	Preprocess string   `json:"preprocess,omitempty"`
	SHA256     string   `json:"sha256,omitempty"`
}

// A Layer is a layer as the result file describes it.
type Layer struct {
	Name       string   `json:"name"`
	Index      int      `json:"index"`
	Depth      float64  `json:"depth"`
	Op         string   `json:"op"`
	Role       string   `json:"role"`
	Stage      string   `json:"stage,omitempty"`
	Kernel     []int    `json:"kernel,omitempty"`
	Shape      []int    `json:"shape"`
	Units      int      `json:"units"`
	Activation string   `json:"activation,omitempty"`
	After      []string `json:"after"`
	Parameters int      `json:"parameters"`
	Reduce     string   `json:"reduce,omitempty"` // how its values become one row a sample
}

// Advice is the first word of the verdict.
type Advice string

// The advices.
const (
	Ship         Advice = "ship"
	ShipWithCare Advice = "ship-with-care"
	DoNotShip    Advice = "do-not-ship"
	CannotTell   Advice = "cannot-tell"
)

// A Verdict is the answer in one sentence.
type Verdict struct {
	Advice     Advice  `json:"advice"`
	Sentence   string  `json:"sentence"` // "Do not ship. ..."
	Detail     string  `json:"detail,omitempty"`
	Health     *Health `json:"health,omitempty"`
	Grade      string  `json:"grade,omitempty"`
	GradeRange string  `json:"grade_range,omitempty"`
	Calibrated bool    `json:"calibrated"`
	Coverage   float64 `json:"coverage"`
	Worst      string  `json:"worst,omitempty"` // the worst family, shown in the grade's place while uncalibrated
}

// Health is 0 to 100 with its interval.
type Health struct {
	Value float64 `json:"value"`
	Low   float64 `json:"lo"`
	High  float64 `json:"hi"`
	Level float64 `json:"level"`
}

// A State is how a family or a rule ended.
type State string

// The states. Not assessed is never shown as clear.
const (
	Flawed       State = "flawed"
	StateNoted   State = "noted"
	StateClear   State = "clear"
	Inconclusive State = "inconclusive"
	NotAssessed  State = "not-assessed"
)

// A Family groups rules.
type Family struct {
	Name     string        `json:"name"`  // fit
	Title    string        `json:"title"` // Fit
	State    State         `json:"state"`
	Severity *SeverityOnly `json:"severity,omitempty"`
	Reason   string        `json:"reason,omitempty"` // why it was not assessed
}

// SeverityOnly is a severity without its word.
type SeverityOnly struct {
	Value float64 `json:"value"`
	Low   float64 `json:"lo"`
	High  float64 `json:"hi"`
}

// A Word names a range of severities.
type Word string

// The words, from METHODS 11.1.
const (
	None     Word = "none"
	Minor    Word = "minor"
	Moderate Word = "moderate"
	Major    Word = "major"
	Critical Word = "critical"
)

// WordOf returns the word of a severity.
func WordOf(s float64) Word {
	switch {
	case s >= 80:
		return Critical
	case s >= 60:
		return Major
	case s >= 40:
		return Moderate
	case s >= 20:
		return Minor
	}
	return None
}

// Words lists the words of flaws from minor to critical.
func Words() []Word { return []Word{Minor, Moderate, Major, Critical} }

// Severity is how bad a finding is, 0 to 100.
type Severity struct {
	Value float64 `json:"value"`
	Low   float64 `json:"lo"`
	High  float64 `json:"hi"`
	Word  Word    `json:"word"`
	Basis string  `json:"basis"` // structural or impact
}

// A Certainty is the rung of the verdict ladder a finding stands on.
type Certainty string

// The certainties of a finding.
const (
	Suspected Certainty = "suspected"
	Confirmed Certainty = "confirmed"
	Causal    Certainty = "causal"
)

// A Finding is a flaw: what, where, how bad, how sure, what to do.
type Finding struct {
	Code           string         `json:"code"`
	Name           string         `json:"name"`
	Title          string         `json:"title"`
	Family         string         `json:"family"`
	RuleVersion    int            `json:"rule_version"`
	Reference      Reference      `json:"reference"`
	Calibrated     bool           `json:"calibrated"`
	Site           ResultSite     `json:"site"`
	Units          []int          `json:"units,omitempty"`
	Extent         Extent         `json:"extent"`
	Verdict        Certainty      `json:"verdict"`
	Severity       Severity       `json:"severity"`
	Measure        Measure        `json:"measure"`
	Message        string         `json:"message"`
	Evidence       string         `json:"evidence"`
	Caveats        []string       `json:"caveats,omitempty"`
	ExplainedBy    string         `json:"explained_by,omitempty"`    // CODE@layer of the finding that explains it
	PropagatedFrom string         `json:"propagated_from,omitempty"` // layer it came down from
	Remedies       []Remedy       `json:"remedies,omitempty"`
	Provenance     map[string]any `json:"provenance,omitempty"`
}

// A ResultSite is a site with its network.
type ResultSite struct {
	Network string   `json:"network"`
	Layer   string   `json:"layer"`
	Kind    Quantity `json:"kind"`
}

// An Extent is how far a finding reaches.
type Extent struct {
	Layers  []string `json:"layers"`
	Classes []int    `json:"classes,omitempty"`
	Groups  []string `json:"groups,omitempty"`
	Samples []string `json:"samples,omitempty"`
	Steps   []int64  `json:"steps,omitempty"`
}

// A Measure is a finding's number with everything needed to judge it again.
type Measure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Low   float64  `json:"lo"`
	High  float64  `json:"hi"`
	Level float64  `json:"level"`
	N     int      `json:"n"`
	P     *float64 `json:"p,omitempty"`
	Q     *float64 `json:"q,omitempty"`
	Floor float64  `json:"floor"`
}

// A Suspect is a layer that may be the cause, with the share of repeats in which it ranked first. Where a reference
// network's values in its place were measured to bring accuracy back, the verdict is causal; Recovered says how
// much, in points.
type Suspect struct {
	Layer     string             `json:"layer"`
	Share     float64            `json:"share"`
	Evidence  map[string]float64 `json:"evidence"`
	Verdict   Certainty          `json:"verdict,omitempty"`
	Recovered *Ranged            `json:"recovered,omitempty"`
}

// A Rule tells how one rule ended, at every place it looked at.
type Rule struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Title  string `json:"title"`
	Family string `json:"family"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"` // a code: no-labels, too-few-samples
	Text   string `json:"text,omitempty"`   // the reason in words
	Needs  string `json:"needs,omitempty"`  // what would make it assessable
	Places []Spot `json:"places,omitempty"`
}

// A Spot is one place a rule measured, or could not.
type Spot struct {
	Layer  string   `json:"layer"`
	State  State    `json:"state"`
	Value  *float64 `json:"value,omitempty"`
	Low    *float64 `json:"lo,omitempty"`
	High   *float64 `json:"hi,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// Outputs are the measures of the network's output.
type Outputs struct {
	Metrics     []Metric   `json:"metrics"`
	Reliability []Bin      `json:"reliability,omitempty"`
	Confusion   [][]int    `json:"confusion,omitempty"` // [label][prediction] on the evaluation split
	PerClass    []PerClass `json:"per_class,omitempty"`
}

// A Metric is one number about the output on one split.
type Metric struct {
	Name  string   `json:"name"`
	Split string   `json:"split"`
	Value float64  `json:"value"`
	Low   *float64 `json:"lo,omitempty"`
	High  *float64 `json:"hi,omitempty"`
	N     int      `json:"n"`
}

// A Bin is one bar of the reliability diagram.
type Bin struct {
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
	Low        float64 `json:"lo"`
	High       float64 `json:"hi"`
}

// PerClass is one class's line.
type PerClass struct {
	Class      string   `json:"class"`
	N          int      `json:"n"`
	Recall     float64  `json:"recall"`
	RecallLow  float64  `json:"recall_lo"`
	RecallHigh float64  `json:"recall_hi"`
	Precision  *float64 `json:"precision,omitempty"`
}
