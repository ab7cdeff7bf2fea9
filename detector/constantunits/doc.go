// Package constantunits is rule UNI-04: units that do not depend on the input. Its manual is manual.md.
package constantunits

import _ "embed"

//go:embed manual.md
var manual string
