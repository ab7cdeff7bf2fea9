// Package ort runs graphs in ONNX Runtime, from its shared library and without cgo. It writes the graph as a
// model again (package graph/export), with the wanted values among its outputs. It exists in builds with the
// tag ort only; elsewhere Open says how to get one. Operators, layers and what to look at are decided by others.
package ort

import (
	"errors"

	"github.com/stratascope/stratascope/engine"
)

// Oldest is the oldest ONNX Runtime that will do, as its minor version: the first with opset 20.
const Oldest = 17

// An Engine is ONNX Runtime on the processor, or on a CUDA device.
type Engine struct {
	engine.Engine
	Path string // of the library
}

// Options say which library and which device.
type Options struct {
	Library string // absolute path; "" looks in the system's library folders
	CUDA    bool   // run on the first CUDA device
}

// ErrNone is that no library was named, and none lies in the system's folders.
var ErrNone = errors.New("ONNX Runtime's library is in none of the system's folders")
