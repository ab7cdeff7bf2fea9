package culprit

import _ "embed"

// manual is what the page says before the numbers.
//
//go:embed manual.md
var manual string
