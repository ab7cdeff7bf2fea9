//go:build ort

package ort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Built says whether this build can load ONNX Runtime.
const Built = true

// A library is ONNX Runtime, loaded. It stays loaded: nothing can be called that is not there.
type library struct {
	api
	path, version string
	env, memory   handle // both for the life of the process
}

var (
	mu     sync.Mutex
	loaded = map[string]*library{} // by path
)

// Open loads the library. Where Options name none, it is looked for in the system's folders, nowhere else.
func Open(o Options) (*Engine, error) {
	path, err := locate(o.Library)
	if err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	l := loaded[path]
	if l == nil {
		if l, err = load(path); err != nil {
			return nil, fmt.Errorf("%s: %w, want the shared library of ONNX Runtime 1.%d or newer", path, err, Oldest)
		}
		loaded[path] = l
	}
	e := executor{l, o.CUDA}
	if o.CUDA { // a library without it, or a machine, says so here and not when a network is there
		options, err := e.options(1, false)
		if err != nil {
			return nil, err
		}
		l.releaseOptions(options)
	}
	return &Engine{e, path}, nil
}

// locate returns the path of the library.
func locate(path string) (string, error) {
	if path == "" {
		for _, pattern := range candidates() {
			if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
				return found[len(found)-1], nil
			}
		}
		return "", ErrNone
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%s: the library's path is relative, want an absolute one", path)
	}
	switch st, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: no such file, want the shared library of ONNX Runtime 1.%d or newer", path, Oldest)
	case err != nil:
		return "", err
	case !st.Mode().IsRegular():
		return "", fmt.Errorf("%s: no file, want the shared library of ONNX Runtime 1.%d or newer", path, Oldest)
	}
	return path, nil
}

func load(path string) (*library, error) {
	get, closeAll, err := symbol(path, "OrtGetApiBase")
	if err != nil {
		return nil, err
	}
	l := &library{path: path}
	if l.version, err = l.read(get); err != nil {
		closeAll()
		return nil, err
	}
	const quiet = 4 // fatal errors only; others are returned
	if err := l.check(l.createEnv(quiet, "stratascope", &l.env)); err != nil {
		return nil, err
	}
	if err := l.check(l.disableTelemetry(l.env)); err != nil {
		return nil, err
	}
	const arena, usual = 1, 0 // OrtArenaAllocator, OrtMemTypeDefault
	return l, l.check(l.cpuMemory(arena, usual, &l.memory))
}
