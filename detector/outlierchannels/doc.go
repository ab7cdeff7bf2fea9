// Package outlierchannels is rule UNI-06: units that dwarf all others of their layer. Its manual is manual.md.
package outlierchannels

import _ "embed"

//go:embed manual.md
var manual string
