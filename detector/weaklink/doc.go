// Package weaklink is rule REP-01: two layers in a row that share less than the network's other layers do. Its manual is manual.md.
package weaklink

import _ "embed"

//go:embed manual.md
var manual string
