package diagnosis

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
)

// Beside eight healthy networks links and readings are judged by theirs: as they are nothing is wrong, below them each is,
// the same in all layers though it be. Seven say nothing.
func TestEvidencesBesideHealthy(t *testing.T) {
	c := plant.New(1, plant.Learnt()).Case()
	r, err := statistic.Collect(t.Context(), c, CulpritNeeds(), statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	member := func(by float64) Member {
		m := NewMember(c, r, nil)
		m.links = slices.Clone(m.links)
		for i := range m.links {
			m.links[i].Similarity.Value += by
			m.links[i].R2.Value += by
		}
		for l := range m.fit {
			m.fit[l] += 10 * by
		}
		return m
	}
	among := func(n int, by float64) *witness {
		return newWitness(c, r, slices.Repeat(Population{member(by)}, n))
	}
	for _, e := range []struct {
		name string
		ask  func(*witness) []float64
	}{{"e3", linkDeviation}, {"e7", (*witness).misreadings}} {
		same, below, few := e.ask(among(8, 0)), e.ask(among(8, 0.5)), e.ask(among(7, 0.5))
		alone, seen := e.ask(newWitness(c, r, nil)), 0
		for i, l := range c.Layers {
			if math.IsNaN(same[i]) {
				continue
			}
			seen++
			if math.Abs(same[i]-0.5) > 1e-9 || below[i] > 0.01 {
				t.Errorf("%s of %s: p %v as healthy networks are, %v below them", e.name, l.Name, same[i], below[i])
			}
			if few[i] != alone[i] && !(math.IsNaN(few[i]) && math.IsNaN(alone[i])) {
				t.Errorf("%s of %s: p %v beside seven, %v alone", e.name, l.Name, few[i], alone[i])
			}
		}
		if seen < 4 {
			t.Errorf("%s of %d layers", e.name, seen)
		}
	}
}
