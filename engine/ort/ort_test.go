//go:build ort

package ort

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
)

var update = flag.Bool("update", false, "write the lists of passing and missing vectors anew")

const (
	forward = "../../internal/golden/testdata/forward"
	lists   = "../enginetest/testdata"
)

// installed opens the library that "make ort" installs; with STRATASCOPE_CUDA set, one with CUDA, so that the whole suite
// runs on the first CUDA device.
func installed(t testing.TB) *Engine {
	t.Helper()
	path := os.Getenv("STRATASCOPE_ENGINE_LIB")
	if path == "" {
		t.Skip("STRATASCOPE_ENGINE_LIB names no library: make ort does")
	}
	e, err := Open(Options{Library: path, CUDA: os.Getenv("STRATASCOPE_CUDA") != ""})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestConformance(t *testing.T) {
	enginetest.Conformance(t, installed(t), lists+"/ort", *update)
}

func TestRuntime(t *testing.T) {
	enginetest.Runtime(t, installed(t), lists+"/runtime")
}

func TestForward(t *testing.T) { enginetest.Forward(t, installed(t), forward) }

func TestPromises(t *testing.T) {
	e := installed(t)
	for _, name := range []string{"perceptron-old", "resnet18-old-bn", "mobilenet-new", "vit-new", "gpt-old"} {
		t.Run(name, func(t *testing.T) { enginetest.Promises(t, e, enginetest.Load(t, forward+"/"+name+".onnx")) })
	}
}

// Other people's networks of many opsets, which internal/golden/fetch_thirdparty.sh fetches.
func TestThirdParty(t *testing.T) {
	folder := os.Getenv("STRATASCOPE_THIRDPARTY")
	if folder == "" {
		t.Skip("no third-party networks here: make thirdparty fetches them")
	}
	enginetest.Forward(t, installed(t), filepath.Join(folder, "forward"))
}
