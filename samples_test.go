package stratascope_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
)

// table writes a CSV and opens it.
func table(t *testing.T, text string) *dataset.Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret-name.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Open(path, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

const small = `id,split,label,group_sex,a,b
ann,train,cat,f,1,2
bob,train,dog,m,3,4
cid,val,cat,m,1,2
dora,val,dog,f,5,6
eve,test,dog,f,3,4
`

func TestDropDuplicates(t *testing.T) {
	set := table(t, small)
	got, n, err := stratascope.DropDuplicates(set)
	if err != nil {
		t.Fatal(err)
	}
	if n != 2 || got.Count(dataset.Train) != 2 || got.Count(dataset.Val) != 1 || got.Count(dataset.Test) != 0 {
		t.Errorf("%d dropped, splits %q; want cid and eve dropped", n, got.Splits)
	}
	if set.Count(dataset.Val) != 2 {
		t.Error("the data that were given are changed")
	}
}

func TestRedactLeavesNoName(t *testing.T) {
	set := table(t, small)
	got := stratascope.Redact(set)
	said := strings.Join(slices.Concat([]string{got.Name}, got.IDs, got.Task.Classes, got.Notes, []string{got.Groups[0].Name}, got.Groups[0].Categories), " ")
	for _, name := range []string{"secret", "ann", "bob", "cat", "dog", "sex", "m "} {
		if strings.Contains(said, name) {
			t.Errorf("%q is left in %q", name, said)
		}
	}
	if got.IDs[0] == got.IDs[1] || got.IDs[0] != stratascope.Redact(set).IDs[0] {
		t.Errorf("ids %q are not told apart, or not the same each time", got.IDs)
	}
	if set.IDs[0] != "ann" || set.Groups[0].Name == got.Groups[0].Name {
		t.Error("the data that were given are changed")
	}
}

func TestSamplesWithin(t *testing.T) {
	m, err := stratascope.OpenModel(context.Background(), demo+"model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	set, err := stratascope.OpenData(demo+"data.npz", m, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if n := stratascope.SamplesWithin(m, set, time.Minute); n != 0 {
		t.Errorf("a minute bounds the samples to %d, want no bound", n)
	}
	if n := stratascope.SamplesWithin(m, set, time.Nanosecond); n != 300 {
		t.Errorf("a nanosecond leaves %d samples, want the 300 that tests of units need", n)
	}
}

func TestModelUntil(t *testing.T) {
	m, err := stratascope.OpenModel(context.Background(), demo+"model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	cut, err := m.Until("features.conv3")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range cut.Graph.Layers {
		names = append(names, l.Name)
	}
	if want := []string{"features.conv1", "features.conv2", "features.conv3"}; !slices.Equal(names, want) {
		t.Errorf("layers %q, want %q", names, want)
	}
	if cut.Kind != graph.Values && cut.Kind != graph.Logits || len(m.Graph.Layers) != 7 {
		t.Errorf("output holds %s, the whole has %d layers", cut.Kind, len(m.Graph.Layers))
	}
	if gap, err := cut.Unsupported(t.Context(), native.Engine{}); gap != nil || err != nil {
		t.Errorf("cannot be run: %v, %v", gap, err)
	}
	if _, err := m.Until("nothing"); err == nil {
		t.Error("a layer that is not there is taken")
	}
}
