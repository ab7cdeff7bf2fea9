package canonical

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// debianData is where Debian's libonnx-testdata (1.12.0-2) has its models: of opset 1 to 17, with inputs
// and the outputs they shall give.
const debianData = "/usr/share/libonnx-testdata/data"

func debianModels(t testing.TB) []string {
	files, err := filepath.Glob(debianData + "/*/*/model.onnx")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no models in %s, want those of the Debian package libonnx-testdata: %v", debianData, err)
		}
		t.Skipf("no models in %s; apt-get install libonnx-testdata", debianData)
	}
	return files
}

// tensorFile reads a TensorProto from a file of its own, by making it the weight of a model.
func tensorFile(path string) (tensor.Tensor, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return tensor.Tensor{}, err
	}
	var graph, model []byte
	graph = protowire.AppendTag(graph, 5, protowire.BytesType)
	graph = protowire.AppendBytes(graph, b)
	model = protowire.AppendTag(model, 1, protowire.VarintType)
	model = protowire.AppendVarint(model, 8)
	model = protowire.AppendTag(model, 7, protowire.BytesType)
	model = protowire.AppendBytes(model, graph)
	m, err := onnx.Parse(model, onnx.Limits{})
	if err != nil {
		return tensor.Tensor{}, err
	}
	im := &importer{options: Options{Float64: true}.withDefaults()}
	return im.load(m.Graph.Initializers[0])
}

// TestDebianModels imports every model of opset 7 and newer and runs those whose operators exist: the
// outputs must be the ones ONNX's own backend gave.
func TestDebianModels(t *testing.T) {
	imported, ran, missing := 0, 0, map[string]int{}
	for _, path := range debianModels(t) {
		name := strings.TrimPrefix(filepath.Dir(path), debianData+"/")
		m, err := onnx.Read(path, onnx.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g, err := Import(context.Background(), m, Options{Float64: true})
		if err != nil {
			if m.Opset("") >= onnx.OldestOpset && !refused(err.Error()) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		imported++
		if strings.Contains(name, "FLOAT16") { // half precision is widened here, on purpose
			continue
		}
		unknown := ""
		for _, n := range g.Nodes {
			if _, ok := op.Lookup(n.Domain, n.Op); !ok {
				unknown = n.Op
			}
			if strings.HasPrefix(n.Op, "Random") || n.Op == "Bernoulli" || strings.Contains(name, "training_dropout") {
				unknown = "random"
			}
		}
		if unknown != "" {
			missing[unknown]++
			continue
		}
		feeds, wants := map[string]tensor.Tensor{}, map[string]tensor.Tensor{}
		dir := filepath.Join(filepath.Dir(path), "test_data_set_0")
		for i, v := range inputsOf(m) {
			if feeds[v], err = tensorFile(filepath.Join(dir, "input_"+strconv.Itoa(i)+".pb")); err != nil {
				break
			}
		}
		for i, v := range m.Graph.Outputs {
			if err == nil {
				wants[v.Name], err = tensorFile(filepath.Join(dir, "output_"+strconv.Itoa(i)+".pb"))
			}
		}
		if err != nil {
			missing["data: "+err.Error()[:min(40, len(err.Error()))]]++
			continue
		}
		ran++
		values, err := evaluate(g, feeds)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shapesHold(t, g, values)
		for s, want := range wants {
			if d, err := distance(values[s], want); err != nil || d > 1e-4 {
				t.Errorf("%s: output %q is off by %.2g: %v", name, s, d, err)
			}
		}
	}
	t.Logf("%d imported, %d ran, without operators: %v", imported, ran, missing)
}

func inputsOf(m *onnx.Model) []string {
	weights := map[string]bool{}
	for _, w := range m.Graph.Initializers {
		weights[w.Name] = true
	}
	var names []string
	for _, v := range m.Graph.Inputs {
		if !weights[v.Name] {
			names = append(names, v.Name)
		}
	}
	return names
}

// refused reports errors that are right: types and forms that are not supported.
func refused(message string) bool {
	for _, s := range [...]string{"want a tensor", "which is not supported"} {
		if strings.Contains(message, s) {
			return true
		}
	}
	return false
}
