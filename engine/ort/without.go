//go:build !ort

package ort

import "errors"

// Built says whether this build can load ONNX Runtime.
const Built = false

// Open says that this build cannot.
func Open(Options) (*Engine, error) {
	return nil, errors.New("this build holds the native engine only")
}
