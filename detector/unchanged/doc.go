// Package unchanged is rule FAL-02: weights that training did not change. Its manual is manual.md.
package unchanged

import _ "embed"

//go:embed manual.md
var manual string
