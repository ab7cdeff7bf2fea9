package canonical

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// real brings integers to the numbers they stand for.
func (u *upgrader) real(x, scale, zero string) string {
	in := []string{x, scale}
	if zero != "" {
		in = append(in, zero)
	}
	return u.add("DequantizeLinear", nil, in...)
}

// quantise ends a node with integers again; without a zero point they are unsigned around 0.
func (u *upgrader) quantise(x, scale, zero string) {
	in := []string{x, scale}
	if zero != "" {
		in = append(in, zero)
	}
	u.finish("QuantizeLinear", nil, in...)
}

// quantisedPair is an operator on two values: X, its scale and zero point, Y likewise, and those of the result.
func quantisedPair(operator string) func(*upgrader) error {
	return func(u *upgrader) error {
		if err := u.need(7, 1); err != nil {
			return err
		}
		n := u.node
		y := u.add(operator, nil, u.real(n.Inputs[0], n.Inputs[1], n.Inputs[2]), u.real(n.Inputs[3], n.Inputs[4], n.Inputs[5]))
		u.quantise(y, n.Inputs[6], u.given(7))
		return nil
	}
}

func quantisedOne(operator string) func(*upgrader) error {
	return func(u *upgrader) error {
		if err := u.need(4, 1); err != nil {
			return err
		}
		n := u.node
		y := u.add(operator, n.Attributes, u.real(n.Inputs[0], n.Inputs[1], n.Inputs[2]))
		u.quantise(y, n.Inputs[3], u.given(4))
		return nil
	}
}

func quantisedSoftmax(u *upgrader) error {
	axis := u.node.Attributes.Int("axis", -1)
	if rank := int64(u.rank(0)); u.node.Attributes.Int("opset", 13) < 13 && axis != -1 && axis != rank-1 {
		return fmt.Errorf("a softmax of several axes of integers is not supported")
	}
	u.node.Attributes = map[string]any{"axis": axis}
	return quantisedOne("Softmax")(u)
}

// quantisedWhere chooses of two values with scales of their own.
func quantisedWhere(u *upgrader) error {
	if err := u.need(9, 1); err != nil {
		return err
	}
	in := u.node.Inputs
	u.quantise(u.add("Where", nil, in[0], u.real(in[1], in[2], in[3]), u.real(in[4], in[5], in[6])), in[7], in[8])
	return nil
}

func quantisedConcat(u *upgrader) error {
	n := u.node
	if len(n.Inputs) < 5 || (len(n.Inputs)-2)%3 != 0 {
		return fmt.Errorf("%d inputs, want 2 and 3 for each part", len(n.Inputs))
	}
	var parts []string
	for i := 2; i < len(n.Inputs); i += 3 {
		parts = append(parts, u.real(n.Inputs[i], n.Inputs[i+1], n.Inputs[i+2]))
	}
	u.quantise(u.add("Concat", map[string]any{"axis": n.Attributes.Int("axis", 0)}, parts...), n.Inputs[0], n.Inputs[1])
	return nil
}

// quantisedGemm: the bias has the product of the scales as its own.
func quantisedGemm(u *upgrader) error {
	if err := u.need(6, 1); err != nil {
		return err
	}
	n, a := u.node, map[string]any{}
	for name, v := range n.Attributes {
		a[name] = v
	}
	in := []string{u.real(n.Inputs[0], n.Inputs[1], n.Inputs[2])}
	rows := int64(1)
	if n.Attributes.Int("transB", 0) != 0 {
		rows = 0
	}
	in = append(in, u.add("DequantizeLinear", map[string]any{"axis": rows}, n.Inputs[3:6]...))
	if c := u.given(6); c != "" {
		bias := u.add("Cast", map[string]any{"to": int64(1)}, c)
		// alpha is of the product alone, but the bias is in its unit
		scale := u.add("Mul", nil, u.add("Mul", nil, n.Inputs[1], n.Inputs[4]), u.constant("alpha", tensor.Scalar(n.Attributes.Float("alpha", 1))))
		in = append(in, u.add("Mul", nil, bias, scale))
	}
	if scale := u.given(7); scale != "" {
		u.quantise(u.add("Gemm", a, in...), scale, u.given(8))
		return nil
	}
	u.finish("Gemm", a, in...)
	return nil
}

// integerProduct is a product of integers less their zero points, times both scales.
func (u *upgrader) integerProduct(a, b, az, bz, as, bs string) string {
	in := []string{a, b, az, bz}
	for in[len(in)-1] == "" {
		in = in[:len(in)-1]
	}
	y := u.add("Cast", map[string]any{"to": int64(1)}, u.add("MatMulInteger", nil, in...))
	return u.add("Mul", nil, y, u.add("Mul", nil, as, bs))
}

func matMulIntegerToFloat(u *upgrader) error {
	if err := u.need(4, 1); err != nil {
		return err
	}
	n := u.node
	y := u.integerProduct(n.Inputs[0], n.Inputs[1], u.given(4), u.given(5), n.Inputs[2], n.Inputs[3])
	u.finish("Identity", nil, u.plus(y, u.given(6)))
	return nil
}

// dynamicQuantizeMatMul quantises its first input by its range.
func dynamicQuantizeMatMul(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	n := u.node
	q := u.many("DynamicQuantizeLinear", 3, n.Inputs[0])
	y := u.integerProduct(q[0], n.Inputs[1], q[2], u.given(3), q[1], n.Inputs[2])
	u.finish("Identity", nil, u.plus(y, u.given(4)))
	return nil
}

// matMulNBits has a weight of few bits, units x blocks x bytes, each block with a scale and a zero point. The
// bits are unpacked here; the scales are applied by ONNX's operator.
func matMulNBits(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	n, a := u.node, u.node.Attributes
	bits, size, rows, cols := a.Int("bits", 4), a.Int("block_size", 0), a.Int("N", 0), a.Int("K", 0)
	b, known := u.weights[n.Inputs[1]]
	if !known || b.DType() != tensor.Uint8 || bits != 2 && bits != 4 && bits != 8 || size < 16 || rows < 1 || cols < 1 {
		return fmt.Errorf("%d bits in blocks of %d for %d x %d weights, want 2, 4 or 8 bits of a constant", bits, size, rows, cols)
	}
	if u.given(4) != "" {
		return fmt.Errorf("blocks in an order of their own (g_idx) are not supported")
	}
	blocks := (cols + size - 1) / size
	if int64(b.Len()) != rows*blocks*(size*bits/8) {
		return fmt.Errorf("a weight of shape %v for %d x %d numbers of %d bits", b.Shape(), rows, cols, bits)
	}
	weight := u.constant("unpacked", tensor.Of(unpacked(tensor.Data[uint8](b), int(bits)), int(rows), int(blocks*size)))
	scales := u.add("Reshape", nil, n.Inputs[2], u.ints("blocks", rows, blocks))
	zeros := make([]uint8, rows*blocks)
	for i := range zeros {
		zeros[i] = 1 << (bits - 1)
	}
	if z := u.given(3); z != "" {
		w, known := u.weights[z]
		per := (blocks*bits + 7) / 8
		if !known || w.DType() != tensor.Uint8 || int64(w.Len()) != rows*per {
			return fmt.Errorf("zero points of shape %v, want %d constant bytes for each of %d units", w.Shape(), per, rows)
		}
		for r := range rows {
			copy(zeros[r*blocks:(r+1)*blocks], unpacked(tensor.Data[uint8](w)[r*per:(r+1)*per], int(bits)))
		}
	}
	zero := u.constant("zeros", tensor.Of(zeros, int(rows), int(blocks)))
	w := u.add("DequantizeLinear", map[string]any{"axis": int64(1), "block_size": size}, weight, scales, zero)
	if blocks*size > cols {
		w = u.add("Slice", nil, w, u.ints("from", 0), u.ints("to", cols), u.ints("axis", 1))
	}
	w = u.add("Transpose", map[string]any{"perm": []int64{1, 0}}, w)
	y := u.add("MatMul", nil, n.Inputs[0], w)
	u.finish("Identity", nil, u.plus(y, u.given(5)))
	return nil
}

// unpacked gives each number of so many bits a byte; the first lies in the lowest bits.
func unpacked(b []uint8, bits int) []uint8 {
	per := 8 / bits
	out := make([]uint8, len(b)*per)
	for i := range out {
		out[i] = b[i/per] >> (i % per * bits) & (1<<bits - 1)
	}
	return out
}
