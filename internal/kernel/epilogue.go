package kernel

// Act is an activation that a product or convolution applies to its result in its last step.
type Act uint8

// The activations of an Epilogue.
const (
	ActNone Act = iota // the value as it is
	ActRelu            // max(0, value)
	ActClip            // value between Lo and Hi of the Epilogue
)

// Epilogue is what happens to a result of a product before it is stored: bias, then residual,
// then activation. Its zero value does nothing.
type Epilogue struct {
	Bias     []float32 // per column of the result, nil for none
	RowBias  []float32 // per row of the result (the output channel of a convolution), nil for none
	Residual []float32 // laid out as the result, with the same stride, nil for none
	Act      Act
	Lo, Hi   float32 // bounds of ActClip

	Stop func() bool // asked between parts of the product, nil for never; true leaves the result unfinished
}

func (e *Epilogue) empty() bool {
	return e.Bias == nil && e.RowBias == nil && e.Residual == nil && e.Act == ActNone
}

// apply finishes c, the part of row i of the result that starts at column j; at is where that
// part starts in Residual.
func (e *Epilogue) apply(c []float32, i, j, at int) {
	var bias float32
	var extra []float32
	if e.RowBias != nil {
		bias = e.RowBias[i]
	}
	if e.Bias != nil {
		extra = e.Bias[j : j+len(c)]
	}
	if e.Residual != nil {
		if extra != nil {
			Add32(c, c, extra)
		}
		extra = e.Residual[at : at+len(c)]
	}
	lo, hi := e.bounds()
	current.finish(c, c, extra, bias, lo, hi)
}

func (e *Epilogue) bounds() (lo, hi float32) {
	switch e.Act {
	case ActRelu:
		return 0, infinity
	case ActClip:
		return e.Lo, e.Hi
	}
	return -infinity, infinity
}
