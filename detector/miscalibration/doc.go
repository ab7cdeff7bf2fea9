// Package miscalibration is rule CAL-01: confidence that does not match accuracy. Its manual is manual.md.
package miscalibration

import _ "embed"

//go:embed manual.md
var manual string
