package native

import (
	"flag"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
)

var update = flag.Bool("update", false, "write the lists of passing and missing vectors anew")

const (
	forward = "../../internal/golden/testdata/forward"
	lists   = "../enginetest/testdata"
)

func TestConformance(t *testing.T) { enginetest.Conformance(t, Engine{}, lists, *update) }

func TestForward(t *testing.T) { enginetest.Forward(t, Engine{}, forward) }

func TestPromises(t *testing.T) {
	for _, name := range []string{"perceptron-old", "resnet18-old-bn", "mobilenet-new", "vit-new", "gpt-old"} {
		t.Run(name, func(t *testing.T) { enginetest.Promises(t, Engine{}, enginetest.Load(t, forward+"/"+name+".onnx")) })
	}
}
