// Package readoutgap is rule FIT-03: a network that says less than its layers know. Its manual is manual.md.
package readoutgap

import _ "embed"

//go:embed manual.md
var manual string
