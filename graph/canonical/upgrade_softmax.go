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
