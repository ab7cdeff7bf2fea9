package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// The normalisations.
var (
	BatchNormalization        = &Op{Name: "BatchNormalization", Run: batchNorm}
	LayerNormalization        = &Op{Name: "LayerNormalization", Run: layerNorm}
	RMSNormalization          = &Op{Name: "RMSNormalization", Run: rmsNorm}
	InstanceNormalization     = &Op{Name: "InstanceNormalization", Run: instanceNorm}
	GroupNormalization        = &Op{Name: "GroupNormalization", Run: groupNorm}
	LpNormalization           = &Op{Name: "LpNormalization", Run: lpNorm}
	MeanVarianceNormalization = &Op{Name: "MeanVarianceNormalization", Run: meanVarianceNorm}
	LRN                       = &Op{Name: "LRN", Run: lrn}
)

// batchNorm normalises channels, by stored statistics or, in training mode, by those of the batch,
// whose running averages are then the second and third output (Ioffe and Szegedy 2015, algorithm 1).
func batchNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 5, 5); err != nil {
		return nil, err
	}
	t := in[0]
	if t.Rank() < 1 || !t.DType().IsFloat() {
		return nil, fmt.Errorf("input %v, want floats with a channel dimension", t)
	}
	n, c := t.Dim(0), 1
	if t.Rank() > 1 {
		c = t.Dim(1)
	}
	var p [4][]float64
	for i := range p {
		v, err := floatsOf(in[i+1])
		if err != nil {
			return nil, err
		}
		if len(v) != c {
			return nil, fmt.Errorf("input %d of shape %v for %d channels", i+2, in[i+1].Shape(), c)
		}
		p[i] = v
	}
	eps := float64(a.Float("epsilon", 1e-5))
	if a.Int("training_mode", 0) == 0 {
		return one(scaleChannels(x, t, n, c, p[0], p[1], p[2], p[3], eps))
	}
	mean, variance := channelMoments(x, t, n, c)
	y, err := scaleChannels(x, t, n, c, p[0], p[1], mean, variance, eps)
	if err != nil {
		return nil, err
	}
	keep := float64(a.Float("momentum", 0.9))
	p[2], p[3] = slices.Clone(p[2]), slices.Clone(p[3])
	for i := range c {
		p[2][i] = keep*p[2][i] + (1-keep)*mean[i]
		p[3][i] = keep*p[3][i] + (1-keep)*variance[i]
	}
	free := &Exec{}
	m, err := convert(free, tensor.Of(p[2], c), in[3].DType())
	if err != nil {
		return nil, err
	}
	v, err := convert(free, tensor.Of(p[3], c), in[4].DType())
	return []tensor.Tensor{y, m, v}, err
}

// channelMoments returns mean and biased variance of each channel over samples and positions.
func channelMoments(x *Exec, t tensor.Tensor, n, c int) (mean, variance []float64) {
	mean, variance = make([]float64, c), make([]float64, c)
	if t.Len() == 0 {
		return mean, variance
	}
	plane := t.Len() / n / c
	each(x, c, t.Len(), func(ch int) {
		if t.DType() == tensor.Float32 {
			mean[ch], variance[ch] = planeMoments(t.Float32s(), n, c, ch, plane)
			return
		}
		mean[ch], variance[ch] = planeMoments(t.Float64s(), n, c, ch, plane)
	})
	return mean, variance
}

// planeMoments sums twice, because the squares of large means would swallow the variance.
func planeMoments[T float32 | float64](data []T, n, c, ch, plane int) (mean, variance float64) {
	for i := range n {
		for _, v := range data[(i*c+ch)*plane : (i*c+ch+1)*plane] {
			mean += float64(v)
		}
	}
	mean /= float64(n * plane)
	for i := range n {
		for _, v := range data[(i*c+ch)*plane : (i*c+ch+1)*plane] {
			variance += (float64(v) - mean) * (float64(v) - mean)
		}
	}
	return mean, variance / float64(n*plane)
}

// scaleChannels is (x - mean) / sqrt(variance + eps) * scale + bias, one multiplication and addition.
func scaleChannels(x *Exec, t tensor.Tensor, n, c int, scale, bias, mean, variance []float64, eps float64) (tensor.Tensor, error) {
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil || t.Len() == 0 {
		return y, err
	}
	plane := t.Len() / n / c
	each(x, n*c, t.Len(), func(i int) {
		f := scale[i%c] / math.Sqrt(variance[i%c]+eps)
		lo, hi := i*plane, (i+1)*plane
		if t.DType() == tensor.Float32 {
			affine(y.Float32s()[lo:hi], t.Float32s()[lo:hi], f, mean[i%c], bias[i%c])
			return
		}
		affine(y.Float64s()[lo:hi], t.Float64s()[lo:hi], f, mean[i%c], bias[i%c])
	})
	return y, nil
}

func affine[T float32 | float64](dst, src []T, f, mean, bias float64) {
	m, g, b := T(mean), T(f), T(bias)
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = (v-m)*g + b
	}
}

// layerNorm normalises over the dimensions from axis on (Ba, Kiros and Hinton 2016, eq. 4); mean and
// inverse deviation are further outputs.
func layerNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	rows, cols, err := normShape(a, in, 3)
	if err != nil {
		return nil, err
	}
	t, eps := in[0], float64(a.Float("epsilon", 1e-5))
	scale, bias, fits := rowParameters(in, cols)
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return nil, err
	}
	if fits && t.DType() == tensor.Float32 && x.Outputs < 2 {
		s, b := optional32(scale), optional32(bias)
		err := rowwise(x, y.Reshape(rows, cols), t.Reshape(rows, cols), func(dst, src []float32, rows, cols int) {
			kernel.LayerNormRows32(dst, src, rows, cols, eps, s, b)
		}, nil)
		return one(y, err)
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	axis, _ := axisOf(a.Int("axis", -1), t.Rank())
	mean, err := reduce(free, t, from(axis, t.Rank()), true, meanFold)
	if err != nil {
		return nil, err
	}
	d, err := combine(free, &subtraction, t, mean)
	if err != nil {
		return nil, err
	}
	inv, err := inverseDeviation(free, d, axis, eps)
	if err != nil {
		return nil, err
	}
	if err := scaled(free, y, d, inv, in[1:]); err != nil {
		return nil, err
	}
	return []tensor.Tensor{y, mean, inv}[:max(1, min(3, x.Outputs))], nil
}

// inverseDeviation is 1 / sqrt(mean square + eps) over the dimensions from axis on.
func inverseDeviation(x *Exec, d tensor.Tensor, axis int, eps float64) (tensor.Tensor, error) {
	f := fold{step: sqFold.step, fast: kernel.SumSq64, finish: func(s float64, n int) float64 { return 1 / math.Sqrt(s/float64(n)+eps) }}
	return reduce(x, d, from(axis, d.Rank()), true, f)
}

// scaled sets y to d*inv*scale + bias.
func scaled(x *Exec, y, d, inv tensor.Tensor, parameters []tensor.Tensor) error {
	for i, p := range append([]tensor.Tensor{inv}, parameters...) {
		if !p.Valid() {
			continue
		}
		f := &multiplication
		if i == 2 {
			f = &addition
		}
		var err error
		if d, err = combine(x, f, d, p); err != nil {
			return err
		}
	}
	if !slices.Equal(d.Shape(), y.Shape()) {
		return errShape(d.Shape(), y.Shape())
	}
	flat := path{strides: []int{1}}
	move(x, y, d, []int{y.Len()}, flat, flat)
	return nil
}

func from(axis, rank int) []int {
	var out []int
	for i := axis; i < rank; i++ {
		out = append(out, i)
	}
	return out
}

// normShape checks the inputs of a normalisation over trailing dimensions.
func normShape(a Attributes, in []tensor.Tensor, most int) (rows, cols int, err error) {
	if err := check(in, 2, most); err != nil {
		return 0, 0, err
	}
	if err := same(in...); err != nil {
		return 0, 0, err
	}
	if !in[0].DType().IsFloat() {
		return 0, 0, unsupported(in[0].DType())
	}
	axis, err := axisOf(a.Int("axis", -1), in[0].Rank())
	if err != nil {
		return 0, 0, err
	}
	s := in[0].Shape()
	return volume(s[:axis]), volume(s[axis:]), nil
}

// rowParameters returns scale and bias when each has one value per column.
func rowParameters(in []tensor.Tensor, cols int) (scale, bias tensor.Tensor, fits bool) {
	scale, bias = optional(in, 1), optional(in, 2)
	return scale, bias, (!scale.Valid() || scale.Len() == cols) && (!bias.Valid() || bias.Len() == cols)
}

// rmsNorm divides by the root mean square (Zhang and Sennrich 2019, eq. 4).
func rmsNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if _, _, err := normShape(a, in, 2); err != nil {
		return nil, err
	}
	y, err := x.New(in[0].DType(), in[0].Shape()...)
	if err != nil {
		return nil, err
	}
	axis, _ := axisOf(a.Int("axis", -1), in[0].Rank())
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	inv, err := inverseDeviation(free, in[0], axis, float64(a.Float("epsilon", 1e-5)))
	if err != nil {
		return nil, err
	}
	return one(y, scaled(free, y, in[0], inv, in[1:]))
}

// instanceNorm normalises each channel of each sample (Ulyanov, Vedaldi and Lempitsky 2016, eq. 2).
func instanceNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	if in[0].Rank() < 2 {
		return nil, fmt.Errorf("input of shape %v, want channels", in[0].Shape())
	}
	return one(normaliseGroups(x, in, in[0].Dim(1), float64(a.Float("epsilon", 1e-5))))
}

// groupNorm normalises groups of channels of each sample (Wu and He 2018, eq. 7). Scale and bias have
// one value per channel (opset 21) or per group (opset 18).
func groupNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	groups := int(a.Int("num_groups", 0))
	if in[0].Rank() < 2 || groups < 1 || groups > in[0].Dim(1) || in[0].Dim(1)%groups != 0 {
		return nil, fmt.Errorf("input of shape %v, want channels in %d groups", in[0].Shape(), groups)
	}
	return one(normaliseGroups(x, in, groups, float64(a.Float("epsilon", 1e-5))))
}

func normaliseGroups(x *Exec, in []tensor.Tensor, groups int, eps float64) (tensor.Tensor, error) {
	t := in[0]
	if !t.DType().IsFloat() {
		return t, unsupported(t.DType())
	}
	n, c := t.Dim(0), t.Dim(1)
	scale, err := floatsOf(in[1])
	if err != nil {
		return t, err
	}
	bias, err := floatsOf(in[2])
	if err != nil {
		return t, err
	}
	if l := len(scale); l != len(bias) || l != c && l != groups {
		return t, fmt.Errorf("scale and bias of shapes %v and %v for %d channels in %d groups", in[1].Shape(), in[2].Shape(), c, groups)
	}
	mean, variance := channelMoments(x, t, 1, n*groups)
	perSample := n * c
	f := [4][]float64{make([]float64, perSample), make([]float64, perSample), make([]float64, perSample), make([]float64, perSample)}
	for i := range perSample {
		p := i % c
		if len(scale) != c {
			p /= c / groups
		}
		g := i / (c / groups)
		f[0][i], f[1][i], f[2][i], f[3][i] = scale[p], bias[p], mean[g], variance[g]
	}
	return scaleChannels(x, t, 1, perSample, f[0], f[1], f[2], f[3], eps)
}

// lpNorm divides by the norm along an axis.
func lpNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	axis, err := axisOf(a.Int("axis", -1), in[0].Rank())
	if err != nil {
		return nil, err
	}
	f := l2Fold
	if a.Int("p", 2) == 1 {
		f = l1Fold
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	norm, err := reduce(free, in[0], []int{axis}, true, f)
	if err != nil {
		return nil, err
	}
	divided := binary{float: func(v, n float64) float64 {
		if n == 0 {
			return 0
		}
		return v / n
	}}
	return one(combine(x, &divided, in[0], norm))
}

func meanVarianceNorm(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	list := a.Ints("axes")
	if list == nil {
		list = []int64{0, 2, 3}
	}
	axes, err := axesOf(list, in[0].Rank())
	if err != nil {
		return nil, err
	}
	free := &Exec{Workers: x.Workers, Limit: x.Limit, Stop: x.Stop}
	mean, err := reduce(free, in[0], axes, true, meanFold)
	if err != nil {
		return nil, err
	}
	d, err := combine(free, &subtraction, in[0], mean)
	if err != nil {
		return nil, err
	}
	f := fold{step: sqFold.step, fast: kernel.SumSq64, finish: func(s float64, n int) float64 { return math.Sqrt(s/float64(n)) + 1e-9 }}
	deviation, err := reduce(free, d, axes, true, f)
	if err != nil {
		return nil, err
	}
	return one(combine(x, &division, d, deviation))
}

// lrn is the local response normalisation across channels (Krizhevsky et al. 2012, section 3.3).
func lrn(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	t, size := in[0], int(a.Int("size", 1))
	if t.Rank() < 2 || size < 1 || !t.DType().IsFloat() {
		return nil, fmt.Errorf("input %v and size %d, want floats with channels and a positive size", t, size)
	}
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil || t.Len() == 0 {
		return one(y, err)
	}
	n, c := t.Dim(0), t.Dim(1)
	plane := t.Len() / n / c
	alpha, beta, bias := float64(a.Float("alpha", 1e-4)), float64(a.Float("beta", 0.75)), float64(a.Float("bias", 1))
	each(x, n*c, t.Len()*min(size, c), func(i int) {
		lo, hi := max(0, i%c-(size-1)/2), min(c-1, i%c+size/2)
		first := i - i%c
		if t.DType() == tensor.Float32 {
			localResponse(y.Float32s(), t.Float32s(), i, first+lo, first+hi, plane, alpha/float64(size), beta, bias)
			return
		}
		localResponse(y.Float64s(), t.Float64s(), i, first+lo, first+hi, plane, alpha/float64(size), beta, bias)
	})
	return one(y, nil)
}

func localResponse[T float32 | float64](y, data []T, i, lo, hi, plane int, alpha, beta, bias float64) {
	for p := range plane {
		var sum float64
		for ch := lo; ch <= hi; ch++ {
			v := float64(data[ch*plane+p])
			sum += v * v
		}
		y[i*plane+p] = T(float64(data[i*plane+p]) / math.Pow(bias+alpha*sum, beta))
	}
}
