//go:build ort && !windows

package ort

import (
	"errors"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// candidates are where systems put libraries: patterns, the newest of a folder is last.
func candidates() []string {
	folders := []string{"/usr/local/lib", "/opt/homebrew/lib", "/usr/lib", "/usr/lib64"}
	if runtime.GOOS == "linux" {
		triplet := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
		folders = []string{"/usr/local/lib", "/usr/local/lib64", "/usr/lib/" + triplet, "/usr/lib64", "/usr/lib"}
	}
	var out []string
	for _, f := range folders {
		if runtime.GOOS == "darwin" {
			out = append(out, f+"/libonnxruntime.dylib", f+"/libonnxruntime.1*.dylib")
			continue
		}
		out = append(out, f+"/libonnxruntime.so", f+"/libonnxruntime.so.1", f+"/libonnxruntime.so.1.*")
	}
	return out
}

// symbol opens a library and finds a function in it.
func symbol(path, name string) (at uintptr, unload func(), err error) {
	runtime.LockOSThread() // the reason of a failure is kept by thread
	defer runtime.UnlockOSThread()
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return 0, nil, errors.New(strings.TrimPrefix(err.Error(), path+": "))
	}
	unload = func() { _ = purego.Dlclose(lib) } // what cannot be unloaded stays, unused
	if at, err = purego.Dlsym(lib, name); err != nil {
		unload()
		return 0, nil, errors.New("it has no function " + name)
	}
	return at, unload, nil
}
