package kernel

import (
	"sync"
	"syscall"
)

// amxAllowed asks the kernel for the use of tile registers, once and only when they are wanted: it makes
// every thread's saved state larger (arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA).
var amxAllowed = sync.OnceValue(func() bool {
	_, _, failed := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, 0x1023, 18, 0)
	return failed == 0
})
