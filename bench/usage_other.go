//go:build !unix

package main

import "time"

// cpuTime is not known here; ratios of processor time are then NaN.
func cpuTime() time.Duration { return 0 }
