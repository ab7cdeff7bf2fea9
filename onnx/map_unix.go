//go:build unix

package onnx

import (
	"os"
	"syscall"
)

// mmap maps n bytes of a file from an offset that is a multiple of the page size, to be read only.
func mmap(f *os.File, offset int64, n int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), offset, n, syscall.PROT_READ, syscall.MAP_PRIVATE)
}
