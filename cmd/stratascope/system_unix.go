//go:build linux || darwin || freebsd

package main

import (
	"os"
	"syscall"
)

// stopSignals interrupt the program.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// freeSpace returns the bytes that may be written below a folder, and whether that is known.
func freeSpace(dir string) (int64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
