// Package leakage is rule DAT-02: samples held out that are also in training. Its manual is manual.md.
package leakage

import _ "embed"

//go:embed manual.md
var manual string
