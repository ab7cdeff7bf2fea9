// Package deadunits is rule UNI-01: units that never activate. Its manual is manual.md.
package deadunits

import _ "embed"

//go:embed manual.md
var manual string
