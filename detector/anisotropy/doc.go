// Package anisotropy is rule REP-06: a layer whose samples all point one way and differ in few directions. Its manual is manual.md.
package anisotropy

import _ "embed"

//go:embed manual.md
var manual string
