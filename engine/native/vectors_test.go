package native

import (
	"context"
	"fmt"
	"sort"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
)

func TestQuick(t *testing.T) {
	reasons := map[string]int{}
	for set, dir := range map[string]string{"debian": "/usr/share/libonnx-testdata/data/node", "onnx": "/tmp/onnxvec"} {
		vs, err := enginetest.Vectors(set, dir)
		if err != nil {
			t.Fatal(err)
		}
		pass := 0
		for _, v := range vs {
			if err := v.Run(context.Background(), Engine{}); err != nil {
				s := err.Error()
				if len(s) > 150 {
					s = s[:150]
				}
				reasons[fmt.Sprint(v.Ops)+" "+s+" "+v.Name]++
				continue
			}
			pass++
		}
		t.Log(set, pass, len(vs))
	}
	var keys []string
	for k := range reasons {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Log(k)
	}
}
