package inputmismatch

import (
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/detector"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/renorm"
)

// A tie is broken at this level: by chance one of two equal choices is better that often.
const tied = 0.05

// stale returns why what another preprocessing gains is no mismatch of the input but that of stored
// normalisation statistics, empty where it is not: re-estimating these helps more; or it helps as much,
// and not the first normalisation alone is off, as it is behind an input of another range.
func stale(p *detector.Pass, split dataset.Split, other *prediction.Result) (string, error) {
	mended, err := renorm.Outputs.At(p.Results, renorm.OutputsView(split), prediction.Site)
	if err != nil {
		return "", nil // no normalisation is off
	}
	var a, b []bool
	for i := range other.N {
		if l := other.Label[i]; l >= 0 && other.Finite[i] && mended.Finite[i] {
			a, b = append(a, other.Predicted[i] == l), append(b, mended.Predicted[i] == l)
		}
	}
	if len(a) < least {
		return "", nil
	}
	table, err := infer.Pair(a, b)
	if err != nil {
		return "", err
	}
	better, err := infer.McNemarGreater(table.OnlyFirst, table.OnlySecond)
	if err != nil {
		return "", err
	}
	worse, err := infer.McNemarGreater(table.OnlySecond, table.OnlyFirst)
	switch {
	case err != nil:
		return "", err
	case worse < tied:
		return "re-estimating the normalisations helps more than another preprocessing", nil
	case better >= tied && !firstAlone(p):
		return "re-estimating the normalisations helps as much as another preprocessing", nil
	}
	return "", nil
}

// firstAlone reports whether the network's first normalisation is off and the others, behind it mended,
// are less than half as far.
func firstAlone(p *detector.Pass) bool {
	split, _ := renorm.Split(p.Case)
	first := -1.0
	for _, l := range p.Layers {
		if l.Norm == nil {
			continue
		}
		own, err := renorm.Corrected.At(p.Results, renorm.CorrectedView(split), finding.Site{Layer: l.Name, Of: finding.PreNorm})
		if err != nil {
			return false
		}
		m, err := renorm.Compare(p.Case.Graph, l.Norm, own)
		switch {
		case err != nil:
			return false
		case first < 0 && m.Size() < renorm.Floor:
			return false
		case first < 0:
			first = m.Size()
		case m.Size() >= max(renorm.Floor, first/2):
			return false
		}
	}
	return first >= 0
}
