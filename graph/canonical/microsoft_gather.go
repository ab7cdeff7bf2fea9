package canonical

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// gatherBlockQuantized takes rows of a table of few bits, whose blocks have a scale and a zero point each, both laid out
// as the table. Numbers in bytes are unpacked here; the scales are applied by ONNX's operator, to the rows alone.
func gatherBlockQuantized(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	n, a := u.node, u.node.Attributes
	size, bits := a.Int("block_size", 128), a.Int("bits", 4)
	table, known := u.weights[n.Inputs[0]]
	scales := u.shape(2)
	along, by := a.Int("gather_axis", 0), a.Int("quantize_axis", 1)
	if !known || table.Rank() != 2 || scales == nil || len(scales[0]) != 2 || scales[0][0] != table.Dim(0) || along != 0 && along != -2 || by != 1 && by != -1 || bits != 4 && bits != 8 || size < 16 {
		return fmt.Errorf("rows along axis %d and blocks of %d along axis %d of %d bits, want a constant table with rows on its first axis and 4 or 8 bits", along, size, by, bits)
	}
	blocks := func(width int) bool { return (width+int(size)-1)/int(size) == scales[0][1] }
	per := int(8 / bits)
	packed := table.DType() == tensor.Uint8 && blocks(table.Dim(1)*per)
	if packed && per > 1 && blocks(table.Dim(1)) {
		return fmt.Errorf("a table of shape %v in blocks of %d, of which it is not clear whether a byte holds one number or two", table.Shape(), size)
	}
	data, zeros := n.Inputs[0], u.given(3)
	if packed {
		data = u.constant("unpacked", unpackedRows(table, int(bits), table.Dim(1)*per))
		z, known := u.weights[zeros]
		switch {
		case zeros == "":
			zeros = u.constant("zeros", tensor.Of(slices.Repeat([]uint8{1 << (bits - 1)}, scales[0][0]*scales[0][1]), scales[0]...))
		case !known || z.DType() != tensor.Uint8 || z.Rank() != 2 || z.Dim(0) != table.Dim(0) || z.Dim(1)*per < scales[0][1]:
			return fmt.Errorf("zero points %v, want constant bytes for %v blocks", z, scales[0])
		default:
			zeros = u.constant("zeros", unpackedRows(z, int(bits), scales[0][1]))
		}
	}
	in := []string{data, n.Inputs[2]}
	if zeros != "" {
		in = append(in, zeros)
	}
	for i := range in {
		in[i] = u.add("Gather", nil, in[i], n.Inputs[1])
	}
	u.finish("DequantizeLinear", map[string]any{"axis": int64(-1), "block_size": size}, in...)
	return nil
}

// unpackedRows gives each of so many numbers of a row of bytes a byte of its own.
func unpackedRows(t tensor.Tensor, bits, width int) tensor.Tensor {
	out := make([]uint8, 0, t.Dim(0)*width)
	for r := range t.Dim(0) {
		out = append(out, unpacked(tensor.Data[uint8](t)[r*t.Dim(1):(r+1)*t.Dim(1)], bits)[:width]...)
	}
	return tensor.Of(out, t.Dim(0), width)
}
