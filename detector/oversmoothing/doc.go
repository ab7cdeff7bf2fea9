// Package oversmoothing is rule REP-05: tokens of a sample that have become alike. Its manual is manual.md.
package oversmoothing

import _ "embed"

//go:embed manual.md
var manual string
