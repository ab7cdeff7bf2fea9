// Package enginetest is the suite that every engine runs: the official node vectors of ONNX, values
// of ONNX Runtime for whole networks, and the promises of package engine (workers, cancellation,
// memory, concurrent runs, precision). Tests alone import it.
//
// The vectors come from Debian's libonnx-testdata and from the onnx package (make_vectors.py writes
// them into the folder that STRATASCOPE_ONNX_VECTORS names). Which of them the native engine passes is
// kept in testdata: passing.txt is what may never fail again, missing.txt what does not work yet and
// why. docs/operators.md is made of the two. testdata/runtime holds what the vectors leave out, with ONNX
// Runtime's values (make_runtime.py): control flow, operators of com.microsoft, every opset from 7 on.
package enginetest

//go:generate go run gen/main.go
