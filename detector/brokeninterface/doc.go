// Package brokeninterface is rule REP-09: layers that read what they have not learnt to read. Its manual is manual.md.
package brokeninterface

import _ "embed"

//go:embed manual.md
var manual string
