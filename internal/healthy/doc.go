// Package healthy holds the suite "silence on the healthy": trained networks with nothing wrong give no
// confirmed finding above minor, and what is measured on them agrees with other implementations. It has
// tests alone; the networks and their reference values lie in internal/golden/testdata/healthy.
package healthy
