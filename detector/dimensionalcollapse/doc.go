// Package dimensionalcollapse is rule REP-04: a layer whose values span few directions. Its manual is manual.md.
package dimensionalcollapse

import _ "embed"

//go:embed manual.md
var manual string
