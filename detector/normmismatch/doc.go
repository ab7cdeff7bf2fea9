// Package normmismatch is rule NRM-01: stored normalisation statistics that are not those of the data. Its manual is manual.md.
package normmismatch

import _ "embed"

//go:embed manual.md
var manual string
