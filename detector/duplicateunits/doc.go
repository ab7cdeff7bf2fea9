// Package duplicateunits is rule UNI-05: units that say the same as another. Its manual is manual.md.
package duplicateunits

import _ "embed"

//go:embed manual.md
var manual string
