package numericfaults

import (
	"fmt"

	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
)

// A spread follows values that are not finite from the layers where they arise to those that read them.
type spread struct {
	found []finding.Measurement
	share map[string]float64 // of the samples for which a layer gives values that are not finite
	from  map[string]int     // place in found of what a layer's faults come from
}

// add takes in a measurement of a layer; one at fault is a source.
func (s *spread) add(l graph.Layer, x finding.Measurement, fault bool) {
	if fault {
		s.from[l.Name] = len(s.found)
	}
	s.found = append(s.found, x)
}

// values takes in what a layer gives. It comes from a layer that it reads unless it is not finite for more
// samples than those together.
func (s *spread) values(l graph.Layer, x finding.Measurement) {
	read, source := 0.0, -1
	for _, before := range l.After {
		if at, ok := s.from[before]; ok {
			read += s.share[before]
			if source < 0 || at < source {
				source = at
			}
		}
	}
	s.share[l.Name] = x.Effect
	if x.Effect == 0 || source < 0 || x.Effect > read+1e-9 {
		s.add(l, x, x.Effect > 0)
		return
	}
	s.from[l.Name] = source
	if first := s.found[source].Place; first.Sites[0] == input { // no fault of the layer
		x = counted(x.Place, 0, x.N)
	} else {
		x.From = first.Layers()[0]
	}
	s.found = append(s.found, x)
}

// tell hands the measurements on, the sources with how far they spread.
func (s *spread) tell(p *detector.Pass) {
	reached := map[string]int{}
	for _, x := range s.found {
		if x.From != "" {
			reached[x.From]++
		}
	}
	for _, x := range s.found {
		if n := reached[x.Place.Layers()[0]]; n > 0 && x.From == "" && x.Effect > 0 {
			noun := "layers"
			if n == 1 {
				noun = "layer"
			}
			x.Message += fmt.Sprintf("; it spreads to %d more %s", n, noun)
		}
		p.Measure(x)
	}
}
