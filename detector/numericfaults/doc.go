// Package numericfaults is rule GRD-06: values that are not finite. Its manual is manual.md.
package numericfaults

import _ "embed"

//go:embed manual.md
var manual string
