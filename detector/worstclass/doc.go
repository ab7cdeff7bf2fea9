// Package worstclass is rule FAI-02: classes and groups that fare worse than the rest. Its manual is manual.md.
package worstclass

import _ "embed"

//go:embed manual.md
var manual string
