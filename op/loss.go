package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// The losses.
var (
	NegativeLogLikelihoodLoss = &Op{Name: "NegativeLogLikelihoodLoss", Run: nllLoss}
	SoftmaxCrossEntropyLoss   = &Op{Name: "SoftmaxCrossEntropyLoss", Run: crossEntropy}
)

func nllLoss(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	return one(likelihood(x, a, in[0], in[1], optional(in, 2)))
}

func crossEntropy(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	if in[0].Rank() < 2 {
		return nil, fmt.Errorf("scores of shape %v, want classes in the second dimension", in[0].Shape())
	}
	logs, err := LogSoftmax.Run(x, Attributes{"axis": int64(1)}, in[:1])
	if err != nil {
		return nil, err
	}
	y, err := likelihood(x, a, logs[0], in[1], optional(in, 2))
	return []tensor.Tensor{y, logs[0]}, err
}

// likelihood is the negative logarithm of the probability of each label, weighted by class.
func likelihood(x *Exec, a Attributes, logs, labels, weights tensor.Tensor) (tensor.Tensor, error) {
	s := logs.Shape()
	if len(s) < 2 || !slices.Equal(slices.Concat(s[:1], s[2:]), labels.Shape()) {
		return logs, fmt.Errorf("scores of shape %v and labels of shape %v do not fit", s, labels.Shape())
	}
	v, err := floatsOf(logs)
	if err != nil {
		return logs, err
	}
	list, err := intsOf(labels)
	if err != nil {
		return logs, err
	}
	classes := s[1]
	w := slices.Repeat([]float64{1}, classes)
	if weights.Valid() {
		if w, err = floatsOf(weights); err != nil {
			return logs, err
		}
	}
	if len(w) != classes {
		return logs, fmt.Errorf("%d weights for %d classes", len(w), classes)
	}
	ignored, skip := a["ignore_index"].(int64)
	inner := volume(s[2:])
	out, loss, mass := make([]float64, len(list)), 0.0, 0.0
	for i, label := range list {
		if skip && label == ignored {
			continue
		}
		c, err := indexOf(label, classes)
		if err != nil {
			return logs, fmt.Errorf("label: %w", err)
		}
		out[i] = -w[c] * v[(i/inner*classes+c)*inner+i%inner]
		loss += out[i]
		mass += w[c]
	}
	var y []tensor.Tensor
	switch how := a.Str("reduction", "mean"); how {
	case "none":
		y, err = fromFloats(x, logs.DType(), out, labels.Shape()...)
	case "sum":
		y, err = fromFloats(x, logs.DType(), []float64{loss})
	case "mean":
		y, err = fromFloats(x, logs.DType(), []float64{loss / mass})
	default:
		err = fmt.Errorf("reduction %q is not known", how)
	}
	if err != nil {
		return logs, err
	}
	return y[0], nil
}
