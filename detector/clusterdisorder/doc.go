// Package clusterdisorder is rule REP-07: classes that group in a layer and no longer do behind it. Its manual is manual.md.
package clusterdisorder

import _ "embed"

//go:embed manual.md
var manual string
