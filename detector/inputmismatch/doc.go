// Package inputmismatch is rule DAT-01: a network that is fed differently than in training. Its manual is manual.md.
package inputmismatch

import _ "embed"

//go:embed manual.md
var manual string
