// Package labelnoise is rule FIT-06: labels that are probably wrong. Its manual is manual.md.
package labelnoise

import _ "embed"

//go:embed manual.md
var manual string
