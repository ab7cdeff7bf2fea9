//go:build unix

package mapped

import (
	"os"
	"syscall"
)

func mmap(f *os.File, size int64) ([]byte, bool) {
	if size == 0 || size != int64(int(size)) {
		return nil, false
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	return data, err == nil
}

func munmap(data []byte) error { return syscall.Munmap(data) }
