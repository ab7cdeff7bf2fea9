package report

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

func coreOf(layers []finding.Layer, findings ...finding.Finding) *core {
	return newCore(&finding.Diagnosis{Layers: numbered(layers), Findings: findings})
}

// named are layers in a row.
func named(names ...string) []finding.Layer {
	out := make([]finding.Layer, len(names))
	for i, n := range names {
		out[i] = finding.Layer{Name: n, After: []string{"input"}}
		if i > 0 {
			out[i].After[0] = names[i-1]
		}
	}
	return out
}

func TestBlocksFollowTheNames(t *testing.T) {
	names := []string{"patch.embed"}
	for i := range 60 {
		for _, l := range []string{"attn.qkv", "mlp.fc1", "mlp.fc2"} {
			names = append(names, fmt.Sprintf("blocks.%d.%s", i, l))
		}
	}
	for i := range 12 {
		for c := range 3 {
			names = append(names, fmt.Sprintf("layer3.%d.conv%d", i, c+1))
		}
		names = append(names, fmt.Sprintf("layer3.%d#2", i)) // a sum
	}
	for i := range 30 {
		names = append(names, fmt.Sprintf("Conv_%d", i))
	}
	layers := named(names...)
	for i := range layers {
		if strings.HasSuffix(layers[i].Name, "#2") {
			layers[i].Op = "Sum"
		}
	}
	c := coreOf(layers)
	got := map[int]string{}
	for _, k := range []int{0, 1, 60, 61, 72, 73, 74} {
		got[k] = fmt.Sprintf("%s %d-%d", c.cells[k].name, c.cells[k].from+1, c.cells[k].to+1)
	}
	want := map[int]string{0: " 1-1", 1: "blocks.0 2-4", 60: "blocks.59 179-181", 61: "layer3.0 182-185", 72: "layer3.11 226-229", 73: "1 230-244", 74: "2 245-259"}
	if !reflect.DeepEqual(got, want) || len(c.cells) != 75 {
		t.Errorf("%d blocks, among them %v; want 75, among them %v", len(c.cells), got, want)
	}
}

func TestFewLayersAreStrataOfTheirOwn(t *testing.T) {
	for n, blocked := range map[int]bool{160: false, 161: true, 5000: true} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("blocks.%d.fc", i/3)
		}
		c := coreOf(named(names...))
		if c.blocked() != blocked || c.columns > manyStrata {
			t.Errorf("%d layers: blocked is %v with %d columns, want %v and at most %d", n, c.blocked(), c.columns, blocked, manyStrata)
		}
	}
}

func TestABlockShowsTheWorstWithinAndHowMany(t *testing.T) {
	v, err := newView(deep(300), HTMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := deep(300)
	minor, major := d.Findings[6], d.Findings[1]
	minor.Extent.Layers, major.Extent.Layers = []string{d.Layers[0].Name}, []string{d.Layers[3].Name}
	d.Findings = []finding.Finding{major, minor}
	c := newCore(d)
	if m := c.stain(0); m != 0 || c.findings(0) != 2 || c.stain(1) != -1 || c.findings(1) != 0 {
		t.Errorf("the first block is stained by finding %d of %d, the second by %d of %d; want 0 of 2, -1 of 0", m, c.findings(0), c.stain(1), c.findings(1))
	}
	if got, want := v.core.blockTitle(1), "blocks.1, layers 7–12: 1 finding, worst critical"; got != want {
		t.Errorf("the block is called %q, want %q", got, want)
	}
	p := page(t, deep(300))
	for _, want := range []string{"300 layers in 50 blocks, input to output", "<summary>blocks.2, layers 13–18</summary><pre>13   blocks.2.attn.qkv"} {
		if !strings.Contains(p, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// lanesOf says for every layer which column it has, and which lane of how many.
func lanesOf(c *core) string {
	var out []string
	for i := range c.layers {
		k := c.cells[c.of[i]]
		out = append(out, fmt.Sprintf("%d:%d/%d", k.column, k.lane, k.lanes))
	}
	return strings.Join(out, " ")
}

func TestParallelPathsShareColumns(t *testing.T) {
	shortcut := named("stem", "conv1", "conv2", "shortcut", "sum", "fc")
	shortcut[3].After = []string{"stem"}
	shortcut[4].After = []string{"conv2", "shortcut"}
	wide := named("a", "b", "c", "d", "e", "f", "g", "h", "end")
	for i := range wide[1:8] {
		wide[1+i].After = []string{"a"}
	}
	lost := named("a", "b", "c")
	lost[1].After, lost[2].After = nil, []string{"what is not known"}
	for _, c := range []struct {
		what   string
		layers []finding.Layer
		want   string
	}{
		{"a row", named("a", "b", "c"), "0:0/1 1:0/1 2:0/1"},
		{"a shortcut", shortcut, "0:0/1 1:0/2 2:0/1 1:1/2 3:0/1 4:0/1"},
		{"seven paths", wide, "0:0/1 1:0/6 1:1/6 1:2/6 1:3/6 1:4/6 1:5/6 2:0/1 3:0/1"},
		{"nothing known", lost, "0:0/1 1:0/1 2:0/1"},
	} {
		if got := lanesOf(coreOf(c.layers)); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	c := coreOf(shortcut)
	if from, to := c.slot(3); math.Abs(from-0.3) > 1e-9 || math.Abs(to-0.4) > 1e-9 {
		t.Errorf("the shortcut's slot is %v to %v, want 0.3 to 0.4: the right half of the second of five columns", from, to)
	}
	if got := c.skips(); !reflect.DeepEqual(got, []run{{3, 4}}) {
		t.Errorf("links over a column are %v, want that from the shortcut to the sum", got)
	}
}
