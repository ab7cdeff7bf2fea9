// Package outlierdominated is rule REP-08: a layer whose likeness to others hangs on a few samples. Its manual is manual.md.
package outlierdominated

import _ "embed"

//go:embed manual.md
var manual string
