//go:build !unix

package mapped

import "os"

func mmap(*os.File, int64) ([]byte, bool) { return nil, false }

func munmap([]byte) error { return nil }
