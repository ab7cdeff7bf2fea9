//go:build !unix

package onnx

// nonblock is nothing where opening a file never waits.
const nonblock = 0
