package finding

// Similarity holds the similarities of all layer pairs: debiased CKA, and in Others what fails in other ways. Matrices
// are base64 of little-endian float32, upper triangle with diagonal, by rows.
type Similarity struct {
	Measure string   `json:"measure"`
	N       int      `json:"n"`
	Level   float64  `json:"level"`
	Layers  []string `json:"layers"`
	Matrix  string   `json:"matrix"`
	Low     string   `json:"lo,omitempty"`
	High    string   `json:"hi,omitempty"`
	P       string   `json:"p,omitempty"`    // of "no relation", one-sided, for each pair alone; at least 1e-30
	Form    string   `json:"form,omitempty"` // exact, or what was computed in its place
	// Others are further measures of the same pairs, Disagreement how far they are from telling the same.
	Others       []Similarities `json:"others,omitempty"`
	Disagreement string         `json:"disagreement,omitempty"`
	// Permuted is the cross-check by real permutations, where it was asked for.
	Permuted *Permuted `json:"permuted,omitempty"`
	// Stretches are the places in Layers where a stretch of layers alike begins, the first left out.
	Stretches []int `json:"stretches,omitempty"`
	// Notes say what is not compared, layers and measures, and why.
	Notes []string `json:"notes,omitempty"`
}

// Similarities are all pairs by one further measure. Above 512 layers they have no intervals and no p.
type Similarities struct {
	Measure string `json:"measure"`
	// Distance says that less means more alike, from 0 to Most; else it is from Least to 1.
	Distance bool    `json:"distance,omitempty"`
	Least    float64 `json:"least,omitempty"`
	Most     float64 `json:"most"`
	N        int     `json:"n"`
	Matrix   string  `json:"matrix"`
	Low      string  `json:"lo,omitempty"`
	High     string  `json:"hi,omitempty"`
	P        string  `json:"p,omitempty"`
	Form     string  `json:"form,omitempty"`
}

// Permuted is what permutations of every layer's samples say of debiased CKA of N samples. Matrices are as in Similarity.
type Permuted struct {
	Draws  int    `json:"draws"`
	N      int    `json:"n"`
	P      string `json:"p"`        // of "no relation", one-sided, for each pair alone
	Family string `json:"p_family"` // for all pairs at once (max-T)
}

// Disagree is the disagreement from which a pair is marked: between what one measure says at least and what another
// says at most lie a quarter of all pairs.
const Disagree = 0.25
