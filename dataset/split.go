package dataset

import "strings"

// A Split says what a sample was used for.
type Split string

// The splits. Train was seen by the network while it was trained; the others were not.
const (
	Train  Split = "train"
	Val    Split = "val"
	Test   Split = "test"
	Deploy Split = "deploy"
)

// Splits lists all splits in their usual order.
func Splits() []Split { return []Split{Train, Val, Test, Deploy} }

var splitNames = map[string]Split{
	"train": Train, "training": Train, "0": Train,
	"val": Val, "valid": Val, "validation": Val, "dev": Val, "1": Val,
	"test": Test, "testing": Test, "2": Test,
	"deploy": Deploy, "3": Deploy,
}

// ParseSplit returns the split a name or number stands for: train 0, val 1 (also valid,
// validation, dev), test 2, deploy 3.
func ParseSplit(name string) (Split, bool) {
	s, ok := splitNames[strings.ToLower(strings.TrimSpace(name))]
	return s, ok
}
