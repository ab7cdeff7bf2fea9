package finding

// A Link is how strongly a layer hangs on one that it reads (METHODS 5.4). What could not be measured is absent.
type Link struct {
	From       string    `json:"from"`
	To         string    `json:"to"`
	Similarity *Strength `json:"similarity,omitempty"` // debiased CKA
	R2         *Strength `json:"r2,omitempty"`         // of To's values from From's, by ridge regression, out of fold
	Alignment  *Strength `json:"alignment,omitempty"`  // of To's weights with all that they read, -1 to 1
}

// A Strength is one number of a link, with its 90 % interval and what healthy networks of the same architecture show there.
type Strength struct {
	Value   float64  `json:"value"`
	Low     float64  `json:"lo"`
	High    float64  `json:"hi"`
	Healthy *Healthy `json:"healthy,omitempty"`
}

// Healthy is what reference networks show. Z is how many deviations of theirs, joined with the number's own error, it lies above
// their median, P the two-sided chance of a further healthy network as far from it; there are none of fewer than eight.
type Healthy struct {
	Networks int      `json:"networks"`
	Median   float64  `json:"median"`
	Z        *float64 `json:"z,omitempty"`
	P        *float64 `json:"p,omitempty"`
}
