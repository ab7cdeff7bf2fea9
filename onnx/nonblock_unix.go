//go:build unix

package onnx

import "syscall"

// nonblock keeps opening from waiting, should a file become a pipe after it was looked at.
const nonblock = syscall.O_NONBLOCK
