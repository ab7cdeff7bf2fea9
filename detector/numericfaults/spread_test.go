package numericfaults

import (
	"testing"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
)

// Two branches read a; c joins them, and e reads a branch that makes more samples not finite itself.
func TestSpread(t *testing.T) {
	s := spread{share: map[string]float64{}, from: map[string]int{}}
	for _, x := range []struct {
		layer string
		after []string
		share float64
		from  string
	}{
		{"input side", []string{"input"}, 0, ""},
		{"a", []string{"input side"}, 0.1, ""},
		{"b1", []string{"a"}, 0.1, "a"},
		{"b2", []string{"a"}, 0, ""},
		{"c", []string{"b1", "b2"}, 0.1, "a"},
		{"other", []string{"input"}, 0.05, ""},
		{"join", []string{"c", "other"}, 0.15, "a"},
		{"e", []string{"b1"}, 0.3, ""},
		{"f", []string{"e"}, 0.3, "e"},
	} {
		l := graph.Layer{Name: x.layer, After: x.after}
		s.values(l, counted(finding.Place{Sites: []finding.Site{{Layer: x.layer}}}, int(1000*x.share), 1000))
		if got := s.found[len(s.found)-1].From; got != x.from {
			t.Errorf("%s comes from %q, want %q", x.layer, got, x.from)
		}
	}
}
