// Package redundantblock is rule REP-03: layers in a row that pass on what they read. Its manual is manual.md.
package redundantblock

import _ "embed"

//go:embed manual.md
var manual string
