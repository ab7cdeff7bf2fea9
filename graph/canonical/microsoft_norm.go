package canonical

import "fmt"

// skipSum adds what a normalisation is preceded by: the other branch, and a bias at an input.
func (u *upgrader) skipSum(bias int) string {
	sum := u.im.fresh(u.node.Outputs[0] + ".Add")
	if u.wants(3) {
		sum = u.node.Outputs[3]
	}
	x := u.node.Inputs[0]
	if b := u.given(bias); b != "" {
		x = u.add("Add", nil, x, b)
	}
	u.place("Add", nil, []string{x, u.node.Inputs[1]}, sum)
	return sum
}

// noMoments refuses a node whose mean or deviation is used: ONNX Runtime gives them on no processor either.
func (u *upgrader) noMoments() error {
	for i := 1; i <= 2; i++ {
		if u.wants(i) && u.im.used(u.node.Outputs[i]) {
			return fmt.Errorf("output %d, a moment for training, is not supported", i+1)
		}
	}
	return nil
}

// skipNorm: the sum of two values with a bias, normalised.
func skipNorm(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	if err := u.noMoments(); err != nil {
		return err
	}
	in := []string{u.skipSum(4), u.node.Inputs[2]}
	if b := u.given(3); b != "" {
		in = append(in, b)
	}
	u.finish("LayerNormalization", map[string]any{"axis": int64(-1), "epsilon": u.node.Attributes.Float("epsilon", 1e-12)}, in...)
	return nil
}

func skipSimplifiedNorm(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	if err := u.noMoments(); err != nil {
		return err
	}
	u.finish("RMSNormalization", map[string]any{"axis": int64(-1), "epsilon": u.node.Attributes.Float("epsilon", 1e-12)},
		u.skipSum(3), u.node.Inputs[2])
	return nil
}

// simplifiedNorm is RMSNormalization before ONNX had it.
func simplifiedNorm(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	if u.wants(1) && u.im.used(u.node.Outputs[1]) {
		return fmt.Errorf("output 2, a moment for training, is not supported")
	}
	a := u.node.Attributes
	u.finish("RMSNormalization", map[string]any{"axis": a.Int("axis", -1), "epsilon": a.Float("epsilon", 1e-5)}, u.node.Inputs[:2]...)
	return nil
}

// embedNorm: the sum of embeddings of words, positions and segments, normalised.
func embedNorm(u *upgrader) error {
	if err := u.need(7, 1); err != nil {
		return err
	}
	n := u.node
	words := u.add("Gather", nil, n.Inputs[2], n.Inputs[0])
	var places string
	if ids := u.given(8); ids != "" {
		places = u.add("Gather", nil, n.Inputs[3], ids)
	} else {
		length := u.add("Shape", map[string]any{"start": int64(1), "end": int64(2)}, n.Inputs[0])
		places = u.add("Slice", nil, n.Inputs[3], u.ints("from", 0), length, u.ints("rows", 0))
	}
	sum := u.add("Add", nil, words, places)
	if segments := u.given(1); segments != "" && u.given(4) != "" {
		sum = u.add("Add", nil, sum, u.add("Gather", nil, n.Inputs[4], segments))
	}
	if u.wants(2) {
		u.place("Identity", nil, []string{sum}, n.Outputs[2])
	}
	if u.wants(1) {
		counted := n.Inputs[0] // without a mask all counts are 0
		if mask := u.given(7); mask != "" {
			counted = mask
		} else {
			counted = u.add("Sub", nil, counted, counted)
		}
		whole := u.add("Cast", map[string]any{"to": int64(6)}, counted)
		u.place("ReduceSum", map[string]any{"keepdims": int64(0)}, []string{whole, u.ints("axis", 1)}, n.Outputs[1])
	}
	u.finish("LayerNormalization", map[string]any{"axis": int64(-1), "epsilon": n.Attributes.Float("epsilon", 1e-12)}, sum, n.Inputs[5], n.Inputs[6])
	return nil
}

// quantisedEmbedNorm is the same of tables, a scale and a bias of integers, whose scales and zero points stand behind.
func quantisedEmbedNorm(u *upgrader) error {
	if err := u.need(18, 1); err != nil {
		return err
	}
	n := u.node
	for i := range 5 {
		if x := n.Inputs[2+i]; x != "" {
			n.Inputs[2+i] = u.real(x, n.Inputs[8+i], n.Inputs[13+i])
		}
	}
	n.Inputs = n.Inputs[:8]
	return embedNorm(u)
}

// rotaryEmbedding has the positions before the tables, and may be given the first position alone.
func rotaryEmbedding(u *upgrader) error {
	if err := u.need(4, 1); err != nil {
		return err
	}
	n := u.node
	a := n.Attributes
	if a.Int("is_packed_batching", 0) != 0 || a.Float("scale", 1) != 1 {
		return fmt.Errorf("packed batches and a scale of %v are not supported", a.Float("scale", 1))
	}
	rank, tables, at := u.rank(0), u.shape(2), u.shape(1)
	if rank != 3 && rank != 4 || tables == nil || len(tables[0]) != 2 || at == nil {
		return fmt.Errorf("ranks of the input and of the tables are not known or not 3 or 4 and 2")
	}
	r := map[string]any{"interleaved": a.Int("interleaved", 0), "rotary_embedding_dim": a.Int("rotary_embedding_dim", 0)}
	if heads := a.Int("num_heads", 0); rank == 3 && heads > 0 {
		r["num_heads"] = heads
	} else if rank == 3 {
		wide := u.shape(0)[0][2]
		if 2*tables[0][1] == 0 || wide%(2*tables[0][1]) != 0 {
			return fmt.Errorf("%d units do not divide into heads of %d", wide, 2*tables[0][1])
		}
		r["num_heads"] = int64(wide / (2 * tables[0][1]))
	}
	positions := n.Inputs[1]
	if len(at[0]) == 1 {
		positions = u.positions(positions, n.Inputs[0], int64(rank-2))
	}
	u.finish("RotaryEmbedding", r, n.Inputs[0], n.Inputs[2], n.Inputs[3], positions)
	return nil
}

// positions counts from a first position along an axis of a value: samples x positions.
func (u *upgrader) positions(first, x string, axis int64) string {
	length := u.add("Shape", map[string]any{"start": axis, "end": axis + 1}, x)
	samples := u.add("Shape", map[string]any{"start": int64(0), "end": int64(1)}, x)
	size := u.add("Squeeze", nil, length)
	count := u.add("Range", nil, u.constant("zero", scalar(0)), size, u.constant("one", scalar(1)))
	from := u.add("Reshape", nil, u.add("Cast", map[string]any{"to": int64(7)}, first), u.ints("column", -1, 1))
	moved := u.add("Add", nil, from, count)
	return u.add("Expand", nil, moved, u.add("Concat", map[string]any{"axis": int64(0)}, samples, length))
}
