// Package untrainedequivalent is rule FAL-04: layers that cannot be told from untrained ones. Its manual is manual.md.
package untrainedequivalent

import _ "embed"

//go:embed manual.md
var manual string
