//go:build ort

package ort

import (
	"errors"
	"os"
	"syscall"
)

// candidates are where the system puts libraries.
func candidates() []string { return []string{os.Getenv("SystemRoot") + `\System32\onnxruntime.dll`} }

// symbol opens a library and finds a function in it.
func symbol(path, name string) (at uintptr, unload func(), err error) {
	lib, err := syscall.LoadLibrary(path)
	if err != nil {
		return 0, nil, err
	}
	unload = func() { _ = syscall.FreeLibrary(lib) } // what cannot be unloaded stays, unused
	if at, err = syscall.GetProcAddress(lib, name); err != nil {
		unload()
		return 0, nil, errors.New("it has no function " + name)
	}
	return at, unload, nil
}
