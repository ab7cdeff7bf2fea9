//go:build !unix

package onnx

import (
	"errors"
	"os"
)

func mmap(*os.File, int64, int) ([]byte, error) { return nil, errors.ErrUnsupported }
