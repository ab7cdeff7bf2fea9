package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// classic are the operators of ai.onnx.ml that scikit-learn's converters put around a network, or around a
// linear model, which is a layer.
var classic = map[string]func(*upgrader) error{
	"ai.onnx.ml.ArrayFeatureExtractor": pickColumns,
	"ai.onnx.ml.Binarizer":             binarise,
	"ai.onnx.ml.LinearClassifier":      linearClassifier,
	"ai.onnx.ml.LinearRegressor":       linearRegressor,
	"ai.onnx.ml.Normalizer":            normaliseRows,
	"ai.onnx.ml.Scaler":                scaleColumns,
	"ai.onnx.ml.ZipMap":                withoutNames,
}

func (u *upgrader) floats(name string) []float32 {
	v, _ := u.node.Attributes[name].([]float32)
	return slices.Clone(v)
}

// real1 is the node's first input as real numbers.
func (u *upgrader) real1() string {
	return u.add("Cast", map[string]any{"to": int64(1)}, u.node.Inputs[0])
}

// pickColumns gathers along the last axis; one row of values is a matrix of one row afterwards.
func pickColumns(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	at := u.add("Reshape", nil, u.node.Inputs[1], u.ints("flat", -1))
	switch rank := u.rank(0); {
	case rank < 1:
		return fmt.Errorf("the rank of the input is %d, want it known and at least 1", rank)
	case rank == 1:
		y := u.add("Gather", nil, u.node.Inputs[0], at)
		u.finish("Unsqueeze", nil, y, u.ints("axis", 0))
	default:
		u.finish("Gather", map[string]any{"axis": int64(-1)}, u.node.Inputs[0], at)
	}
	return nil
}

// binarise gives 1 above the threshold and 0 elsewhere.
func binarise(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	above := u.add("Greater", nil, u.node.Inputs[0], u.constant("threshold", u.float(u.node.Attributes.Float("threshold", 0))))
	u.finish("CastLike", nil, above, u.node.Inputs[0])
	return nil
}

func scaleColumns(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	x := u.real1()
	if v := u.floats("offset"); len(v) > 0 {
		x = u.add("Sub", nil, x, u.constant("offset", tensor.Of(v, len(v))))
	}
	if v := u.floats("scale"); len(v) > 0 {
		x = u.add("Mul", nil, x, u.constant("scale", tensor.Of(v, len(v))))
	}
	u.finish("Identity", nil, x)
	return nil
}

// normaliseRows divides by the sum or the length of a row, or by its largest value.
func normaliseRows(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	x := u.real1()
	switch norm := u.node.Attributes.Str("norm", "MAX"); norm {
	case "L1", "L2":
		u.finish("LpNormalization", map[string]any{"axis": int64(-1), "p": int64(norm[1] - '0')}, x)
	case "MAX":
		u.finish("Div", nil, x, u.add("ReduceMax", nil, x, u.ints("axis", -1)))
	default:
		return fmt.Errorf("norm %q is not known", norm)
	}
	return nil
}

// scores multiplies with a row of coefficients for each output and applies the transformation.
func (u *upgrader) scores(outputs int) (string, error) {
	w, b := u.floats("coefficients"), u.floats("intercepts")
	if outputs < 1 || len(w) == 0 || len(w)%outputs != 0 || len(b) != 0 && len(b) != outputs {
		return "", fmt.Errorf("%d coefficients and %d intercepts for %d outputs", len(w), len(b), outputs)
	}
	in := []string{u.real1(), u.constant("coefficients", tensor.Of(w, outputs, len(w)/outputs))}
	if len(b) > 0 {
		in = append(in, u.constant("intercepts", tensor.Of(b, outputs)))
	}
	y := u.add("Gemm", map[string]any{"transB": int64(1)}, in...)
	switch how := u.node.Attributes.Str("post_transform", "NONE"); how {
	case "NONE":
		return y, nil
	case "SOFTMAX":
		return u.add("Softmax", map[string]any{"axis": int64(-1)}, y), nil
	case "LOGISTIC":
		return u.add("Sigmoid", nil, y), nil
	default:
		return "", fmt.Errorf("post_transform %s is not supported", how)
	}
}

func linearRegressor(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	y, err := u.scores(int(u.node.Attributes.Int("targets", 1)))
	if err != nil {
		return err
	}
	u.finish("Identity", nil, y)
	return nil
}

// linearClassifier gives the label with the highest score, and the scores.
func linearClassifier(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	var labels tensor.Tensor
	if v := u.node.Attributes.Ints("classlabels_ints"); len(v) > 0 {
		labels = tensor.Of(v, len(v))
	} else if v, ok := u.node.Attributes["classlabels_strings"].([]string); ok && len(v) > 0 {
		labels = tensor.Of(v, len(v))
	} else {
		return fmt.Errorf("no labels")
	}
	y, err := u.scores(labels.Len())
	if err != nil {
		return err
	}
	if u.wants(1) {
		u.place("Identity", nil, []string{y}, u.node.Outputs[1])
	}
	best := u.add("ArgMax", map[string]any{"axis": int64(-1), "keepdims": int64(0)}, y)
	u.finish("Gather", nil, u.constant("labels", labels), best)
	return nil
}

// withoutNames gives the scores of classes in their order, without the classes' names.
func withoutNames(u *upgrader) error {
	u.node.Op = "Identity"
	return own(u)
}
