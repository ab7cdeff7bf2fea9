//go:build !(linux || darwin || freebsd)

package main

import "os"

// stopSignals interrupt the program.
var stopSignals = []os.Signal{os.Interrupt}

// freeSpace returns the bytes that may be written below a folder; here they are not known.
func freeSpace(string) (int64, bool) { return 0, false }
