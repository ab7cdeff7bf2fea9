// Package isolatedlayer is rule REP-02: a layer unlike both its neighbours, which agree. Its manual is manual.md.
package isolatedlayer

import _ "embed"

//go:embed manual.md
var manual string
