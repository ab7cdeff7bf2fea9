package native

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

func TestConformance(t *testing.T) { enginetest.Conformance(t, Engine{}, lists, *update) }

// TestRuntime: operators and versions that the official vectors leave out, against ONNX Runtime.
func TestRuntime(t *testing.T) { enginetest.Runtime(t, Engine{}, lists+"/runtime") }

func TestForward(t *testing.T) { enginetest.Forward(t, Engine{}, forward) }

func TestPromises(t *testing.T) {
	for _, name := range []string{"perceptron-old", "resnet18-old-bn", "mobilenet-new", "vit-new", "gpt-old"} {
		t.Run(name, func(t *testing.T) { enginetest.Promises(t, Engine{}, enginetest.Load(t, forward+"/"+name+".onnx")) })
	}
}

// Other people's networks of many opsets, which internal/golden/fetch_thirdparty.sh fetches.
func TestThirdParty(t *testing.T) {
	folder := os.Getenv("STRATASCOPE_THIRDPARTY")
	if folder == "" {
		t.Skip("no third-party networks here: make thirdparty fetches them")
	}
	enginetest.Forward(t, Engine{}, filepath.Join(folder, "forward"))
}
