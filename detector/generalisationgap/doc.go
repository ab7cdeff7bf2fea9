// Package generalisationgap is rule FIT-01: layers that read training samples better than new ones. Its manual is manual.md.
package generalisationgap

import _ "embed"

//go:embed manual.md
var manual string
