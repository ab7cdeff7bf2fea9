// Command stratascope examines trained networks: it finds structural flaws, says where they are and how
// bad, and what would help. One file a subcommand; what they do lies in the packages they compose.
package main

import (
	"os"
	"runtime/debug"
)

// collect is the garbage, in per cent of what is in use, at which the collector runs. Most of what is in use
// are arrays of numbers, which it need not look through: running often costs little and keeps peaks low.
const collect = 40

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collect)
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
