// Command stratascope examines trained networks: it finds structural flaws, says where they are and how
// bad, and what would help. One file a subcommand; what they do lies in the packages they compose.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
