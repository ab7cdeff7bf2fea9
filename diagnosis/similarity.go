package diagnosis

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/similarity"
	"github.com/stratascope/stratascope/statistic/pairs"
)

// Similarity writes the similarity of all pairs down for the result. Layers without a value, such as
// constant ones, are left out.
func Similarity(p *pairs.Result) *finding.Similarity {
	s := &finding.Similarity{Measure: "debiased CKA", N: p.N, Level: pairs.Level, Form: "exact"}
	if !p.Exact {
		s.Form = fmt.Sprintf("%d blocks of samples", p.Units)
	}
	var at []int
	for i, name := range p.Layers {
		if p.Reason[i] == nil {
			s.Layers = append(s.Layers, clean(name))
			at = append(at, i)
		}
	}
	s.Matrix = packed(p.Pairs, at, p.Value)
	s.Low, s.High = packed(p.Pairs, at, p.Low), packed(p.Pairs, at, p.High)
	return s
}

// packed encodes the upper triangle with its diagonal, row by row.
func packed(p *similarity.Pairs, at []int, values []float64) string {
	var b []byte
	for a, i := range at {
		for _, j := range at[a:] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(values[i*p.L+j])))
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}
