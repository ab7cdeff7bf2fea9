package canonical

// flattened: until opset 12 Softmax, LogSoftmax and Hardmax saw a matrix, everything from the axis on
// (1 if not said) being one row. Where only one size of the row is not 1, that is today's meaning with
// this size as axis; else the input is flattened and brought back.
func flattened(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	n := u.node
	from := n.Attributes.Int("axis", 1)
	if a, ok := singleAxis(u.shape(0), from); ok {
		n.Attributes["axis"] = a
		return nil
	}
	flat := u.add("Flatten", map[string]any{"axis": from}, n.Inputs[0])
	row := u.add(n.Op, map[string]any{"axis": int64(-1)}, flat)
	sizes := u.add("Shape", nil, n.Inputs[0])
	u.finish("Reshape", nil, row, sizes)
	return nil
}

// singleAxis returns the only axis from one on whose size is not 1 in some run.
func singleAxis(sizes [][]int, from int64) (int64, bool) {
	if len(sizes) == 0 || len(sizes[0]) == 0 {
		return 0, false
	}
	rank := len(sizes[0])
	if from < 0 {
		from += int64(rank)
	}
	if from < 0 || from >= int64(rank) {
		return 0, false
	}
	found := -1
	for a := int(from); a < rank; a++ {
		wide := false
		for _, s := range sizes {
			wide = wide || s[a] != 1
		}
		if wide && found >= 0 {
			return 0, false
		}
		if wide {
			found = a
		}
	}
	if found < 0 {
		found = rank - 1
	}
	if found == rank-1 {
		return -1, true
	}
	return int64(found), true
}

// swish of opset 24 and QuickGelu: x times the sigmoid of alpha x.
func swish(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	x, alpha := u.node.Inputs[0], float32(1)
	if u.node.Domain != "" {
		alpha = 1.702
	}
	inner := x
	if alpha = u.node.Attributes.Float("alpha", alpha); alpha != 1 {
		inner = u.add("Mul", nil, x, u.constant("alpha", u.float(alpha)))
	}
	u.finish("Mul", nil, x, u.add("Sigmoid", nil, inner))
	return nil
}

func plainGelu(u *upgrader) error {
	u.node.Domain = ""
	return nil
}

func biasGelu(u *upgrader) error {
	if err := u.need(2, 1); err != nil {
		return err
	}
	u.finish("Gelu", nil, u.add("Add", nil, u.node.Inputs[0], u.node.Inputs[1]))
	return nil
}

func fastGelu(u *upgrader) error {
	if err := u.need(1, 1); err != nil {
		return err
	}
	x := u.node.Inputs[0]
	if len(u.node.Inputs) > 1 && u.node.Inputs[1] != "" {
		x = u.add("Add", nil, x, u.node.Inputs[1])
	}
	u.finish("Gelu", map[string]any{"approximate": "tanh"}, x)
	return nil
}

// skipNorm: ONNX Runtime's sum of two values with a bias, normalised.
func skipNorm(u *upgrader) error {
	if err := u.need(3, 1); err != nil {
		return err
	}
	n := u.node
	for len(n.Inputs) < 5 {
		n.Inputs = append(n.Inputs, "")
	}
	sum := u.im.fresh(n.Outputs[0] + ".Add")
	if len(n.Outputs) > 3 && n.Outputs[3] != "" {
		sum = n.Outputs[3]
	}
	x := n.Inputs[0]
	if n.Inputs[4] != "" {
		x = u.add("Add", nil, x, n.Inputs[4])
	}
	u.place("Add", nil, []string{x, n.Inputs[1]}, sum)
	in := []string{sum, n.Inputs[2]}
	if n.Inputs[3] != "" {
		in = append(in, n.Inputs[3])
	}
	u.finish("LayerNormalization", map[string]any{"axis": int64(-1), "epsilon": n.Attributes.Float("epsilon", 1e-12)}, in...)
	return nil
}
