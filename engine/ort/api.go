//go:build ort

package ort

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A handle is a pointer to something of the library's own; 0 is none.
type handle uintptr

// An api holds the functions of ONNX Runtime that are used here. What they return is a status, 0 if all went
// well, else to be released.
type api struct {
	errorCode     func(handle) int32
	errorMessage  func(handle) string
	releaseStatus func(handle)

	createEnv        func(level int32, name string, out *handle) handle
	disableTelemetry func(env handle) handle

	createOptions  func(out *handle) handle
	releaseOptions func(handle)
	setSeverity    func(options handle, level int32) handle
	setThreads     func(options handle, n int32) handle
	setInterOp     func(options handle, n int32) handle
	deterministic  func(options handle, on bool) handle
	lendWeights    func(options handle, names **byte, values *handle, n uintptr) handle
	configure      func(options handle, key, value string) handle

	createCUDA  func(out *handle) handle
	updateCUDA  func(cuda handle, keys, values **byte, n uintptr) handle
	appendCUDA  func(options, cuda handle) handle
	releaseCUDA func(handle)

	createSession  func(env handle, model unsafe.Pointer, size uintptr, options handle, out *handle) handle
	releaseSession func(handle)

	createRunOptions  func(out *handle) handle
	terminate         func(handle) handle
	releaseRunOptions func(handle)
	run               func(session, options handle, inputs **byte, in *handle, n uintptr, outputs **byte, m uintptr, out *handle) handle

	cpuMemory    func(allocator, kind int32, out *handle) handle
	allocator    func(out *handle) handle
	wrap         func(memory handle, data unsafe.Pointer, bytes uintptr, shape *int64, rank uintptr, elem int32, out *handle) handle
	create       func(allocator handle, shape *int64, rank uintptr, elem int32, out *handle) handle
	releaseValue func(handle)
	data         func(value handle, out *unsafe.Pointer) handle
	fillStrings  func(value handle, strings **byte, n uintptr) handle
	stringBytes  func(value handle, out *uintptr) handle
	stringData   func(value handle, data unsafe.Pointer, bytes uintptr, offsets *uintptr, n uintptr) handle
	kind         func(value handle, out *int32) handle
	typeShape    func(value handle, out *handle) handle
	releaseType  func(handle)
	elementType  func(handle, *int32) handle
	rank         func(handle, *uintptr) handle
	dimensions   func(t handle, out *int64, n uintptr) handle
}

// places are the positions of the functions in struct OrtApi (onnxruntime_c_api.h), to whose end functions
// are added and in which none moves.
func (a *api) places() map[int]any {
	return map[int]any{
		1: &a.errorCode, 2: &a.errorMessage, 93: &a.releaseStatus, 3: &a.createEnv, 6: &a.disableTelemetry,
		10: &a.createOptions, 100: &a.releaseOptions, 22: &a.setSeverity, 24: &a.setThreads, 25: &a.setInterOp, 273: &a.deterministic, 130: &a.configure, 210: &a.lendWeights,
		205: &a.createCUDA, 206: &a.updateCUDA, 204: &a.appendCUDA, 208: &a.releaseCUDA,
		8: &a.createSession, 95: &a.releaseSession, 39: &a.createRunOptions, 46: &a.terminate, 97: &a.releaseRunOptions, 9: &a.run,
		69: &a.cpuMemory, 78: &a.allocator, 49: &a.wrap, 48: &a.create, 96: &a.releaseValue, 51: &a.data, 52: &a.fillStrings,
		53: &a.stringBytes, 54: &a.stringData, 67: &a.kind, 65: &a.typeShape, 99: &a.releaseType, 60: &a.elementType, 61: &a.rank, 62: &a.dimensions,
	}
}

// places are all below functions.
const functions = 274

// base is OrtApiBase.
type base struct{ get, version uintptr }

var version = regexp.MustCompile(`^(\d+)\.(\d+)\.`)

// read gets the functions out of an open library, and its version.
func (a *api) read(getBase uintptr) (string, error) {
	var first func() *base
	purego.RegisterFunc(&first, getBase)
	b := first()
	if b == nil || b.get == 0 || b.version == 0 {
		return "", errors.New("it has no API")
	}
	var say func() string
	purego.RegisterFunc(&say, b.version)
	v := say()
	if !suits(v) {
		return v, fmt.Errorf("it is ONNX Runtime %q", v)
	}
	var get func(uint32) *[functions]uintptr
	purego.RegisterFunc(&get, b.get)
	table := get(Oldest)
	if table == nil {
		return v, fmt.Errorf("ONNX Runtime %s has no API of version %d", v, Oldest)
	}
	for at, f := range a.places() {
		purego.RegisterFunc(f, table[at])
	}
	return v, nil
}

// suits reports whether a version is new enough. One of another major version promises nothing.
func suits(v string) bool {
	m := version.FindStringSubmatch(v)
	if m == nil || m[1] != "1" {
		return false
	}
	minor, err := strconv.Atoi(m[2])
	return err == nil && minor >= Oldest
}

// A statusError is what the library says.
type statusError struct {
	code    int32
	message string
}

// The codes of errors that are told apart (OrtErrorCode).
const notImplemented = 9

// Error returns the library's message on one line.
func (e *statusError) Error() string { return e.message }

// check turns a status into an error.
func (a *api) check(status handle) error {
	if status == 0 {
		return nil
	}
	defer a.releaseStatus(status)
	return &statusError{a.errorCode(status), strings.Join(strings.Fields(a.errorMessage(status)), " ")}
}
