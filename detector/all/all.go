// Package all lists every rule, in the order of the catalogue.
package all

import (
	"cmp"
	"slices"

	"github.com/stratascope/stratascope/detector"
)

//go:generate go run ../../internal/gen/list

// families is the order of the catalogue (METHODS 14): inputs before anything else.
var families = []string{"DAT", "REP", "UNI", "ATT", "FIT", "FAL", "GRD", "WGT", "NRM", "SHF", "ROB", "CAL", "FAI", "PRF", "EXP"}

// Detectors returns all rules.
func Detectors() []*detector.Detector {
	ds := listed()
	slices.SortFunc(ds, func(a, b *detector.Detector) int {
		return cmp.Or(cmp.Compare(family(a), family(b)), cmp.Compare(a.Code, b.Code))
	})
	return ds
}

func family(d *detector.Detector) int {
	i := slices.Index(families, d.Code[:3])
	if i < 0 {
		return len(families)
	}
	return i
}
