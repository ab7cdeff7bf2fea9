package finding

// A Reference names what a measurement was compared with (METHODS 3.7): R1 population, R2 profile, R3
// untrained twins, R4 siblings, R5 an exact or analytic null, R6 an absolute default.
type Reference string

// The references in order of preference.
const (
	R1 Reference = "R1"
	R2 Reference = "R2"
	R3 Reference = "R3"
	R4 Reference = "R4"
	R5 Reference = "R5"
	R6 Reference = "R6"
)

// A Measurement is one tested place, flawed or not: larger is worse.
type Measurement struct {
	Place  Place
	Name   string  // what was measured: "dead share"
	Effect float64 // on the scale of the rule's anchors
	Low    float64 // 95 % one-sided bounds: the 90 % interval
	High   float64
	P      float64 // of the minimum-effect test "effect <= floor"; NaN if the interval decides alone
	N      int     // samples
	Null   Reference
	// Own is what healthy networks of the same architecture are compared by where the effect rests on siblings or a
	// default; larger is worse, on the effect's scale. Nil for the effect itself.
	Own    *Estimate
	Kin    bool     // Guard compares with siblings: where other networks are compared with, it says nothing
	Splits []string // whose samples were measured; none for a rule of weights alone
	// From is the layer this came down from: it is told with that layer's finding of the same rule.
	From string
	// Decided marks an effect that is counted, not estimated (a NaN in a weight): its interval is a point.
	Decided bool
	// Impact is the loss of the headline metric in points that the best known repair recovers; nil if not measured.
	Impact *Estimate
	// Excess is what the headline metric of the repaired network has over chance, in points; 0 if not measured.
	Excess float64
	// Cap is the highest severity this place may have; 0 is the rule's own.
	Cap float64
	// Guard is a verdict the detector is sure of by a guard of its rule, such as neural collapse; "" normally.
	Guard string
	// Causal says that an intervention moved a held-out metric with an interval that excludes 0.
	Causal bool
	// Noted forces at most "noted" (METHODS 9.1: silent on these data).
	Noted bool

	Title    string // three or four words for a table: "Dead units"
	Message  string // "200 of 256 units never activate"
	Evidence string // short, for the terminal: "200 of 256 never activate"
	Caveats  []string
	Remedies []Remedy
	Details  map[string]float64 // further numbers for provenance and tracks, by name
}

// An Estimate is a number with its interval.
type Estimate struct {
	Value, Low, High float64
	N                int
}

// A Risk says how deep a remedy cuts.
type Risk string

// The risks of a remedy, from exact (the function is preserved) to training.
const (
	Exact    Risk = "exact"
	Light    Risk = "light"
	Surgical Risk = "surgical"
	Training Risk = "training"
)

// A Remedy is what would help.
type Remedy struct {
	Treatment string `json:"treatment"`
	Risk      Risk   `json:"risk"`
	Why       string `json:"why"`
}

// Anchors are the effects at severity 20, 50 and 80, and the highest severity a rule may give.
type Anchors struct {
	Minor    float64 // severity 20: the practical floor
	Moderate float64 // severity 50
	Critical float64 // severity 80
	Cap      float64 // 0 means 100
}

// A Track is a measure of every layer that is drawn under the fault map.
type Track struct {
	Name   string       `json:"name"`
	Unit   string       `json:"unit"`
	Values []TrackValue `json:"values"`
}

// A TrackValue is a layer's value of a track. Bounds that do not exist are absent.
type TrackValue struct {
	Layer string   `json:"layer"`
	Value float64  `json:"value"`
	Low   *float64 `json:"lo,omitempty"`
	High  *float64 `json:"hi,omitempty"`
}
