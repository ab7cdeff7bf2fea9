package diagnosis

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/alignment"
	edges "github.com/stratascope/stratascope/statistic/links"
)

// Every link has its three numbers with intervals; healthy networks stand beside them, with a z from eight on.
func TestStrengthOfLinks(t *testing.T) {
	c := plant.New(1).Case()
	r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k, err := edges.Get(c, r)
	if err != nil {
		t.Fatal(err)
	}
	alone := Links(c, r, nil)
	if len(alone) != len(k.Links) || len(alone) < 3 {
		t.Fatalf("%d links, want %d", len(alone), len(k.Links))
	}
	aligned := 0
	for i, l := range alone {
		if l.From != k.Links[i].From || l.Similarity.Value != k.Links[i].Similarity.Value || l.R2.Value != k.Links[i].R2.Value {
			t.Errorf("%+v, want %+v", l, k.Links[i])
		}
		if !(l.R2.Low < l.R2.Value && l.R2.Value < l.R2.High) || l.R2.Healthy != nil {
			t.Errorf("R2 of %s: %+v", l.To, l.R2)
		}
		if a, err := alignment.At(c, r, l.To); (l.Alignment == nil) != (err != nil) || err == nil && l.Alignment.Value != a.Cosine.Value {
			t.Errorf("alignment of %s: %+v, %v", l.To, l.Alignment, err)
		} else if err == nil {
			aligned++
		}
	}
	if aligned < 2 {
		t.Errorf("%d links have a read alignment", aligned)
	}
	member := func(by float64) Member {
		m := NewMember(c, r, nil)
		links := append([]edges.Link(nil), m.links...)
		for i := range links {
			links[i].Similarity.Value += by
		}
		m.links = links
		return m
	}
	var p Population
	for _, by := range []float64{0.1, 0.2, 0.3} {
		p = append(p, member(by))
	}
	h := Links(c, r, p)[0].Similarity.Healthy
	if h == nil || h.Networks != 3 || h.Z != nil || h.P != nil || math.Abs(h.Median-alone[0].Similarity.Value-0.2) > 1e-12 {
		t.Errorf("beside three: %+v", h)
	}
	for _, by := range []float64{0.1, 0.2, 0.3, 0.1, 0.3} {
		p = append(p, member(by))
	}
	all := Links(c, r, p)
	h = all[0].Similarity.Healthy
	e := k.Links[0].Similarity
	want := -0.2 / math.Hypot(1.4826*0.1+0.02*(e.Value+0.2), e.SE) // six of the eight lie 0.1 from the median
	if h == nil || h.Networks != 8 || h.Z == nil || math.Abs(*h.Z-want) > 1e-9 || !(*h.P > 0.01 && *h.P < 0.9) {
		t.Errorf("beside eight: %+v, want z %v", h, want)
	}
	for _, l := range all {
		if a := l.Alignment; a != nil && (a.Healthy == nil || math.Abs(a.Healthy.Median-a.Value) > 1e-12 || math.Abs(*a.Healthy.Z) > 1e-9) {
			t.Errorf("alignment of %s beside eight of the same: %+v", l.To, a.Healthy)
		}
	}
}
