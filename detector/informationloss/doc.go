// Package informationloss is rule FIT-04: label information that a layer loses for good. Its manual is manual.md.
package informationloss

import _ "embed"

//go:embed manual.md
var manual string
