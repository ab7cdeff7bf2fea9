package grad

func back(f func(*call)) rule           { return rule{back: f} }
func lower(f func(*call) []string) rule { return rule{lower: f} }

// flat is the rule of operators whose derivative is zero wherever it exists.
var flat = rule{flat: true}

// rules by operator. What a rule cannot do it refuses with a reason.
var rules = map[string]rule{
	// elementwise.go
	"Abs":        unary(dAbs),
	"Acos":       unary(dAcos),
	"Acosh":      unary(dAcosh),
	"Add":        back(addBack),
	"Asin":       unary(dAsin),
	"Asinh":      unary(dAsinh),
	"Atan":       unary(dAtan),
	"Atanh":      unary(dAtanh),
	"Cast":       back(castBack),
	"CastLike":   back(castBack),
	"Ceil":       flat,
	"Clip":       back(clipBack),
	"Cos":        unary(dCos),
	"Cosh":       unary(dCosh),
	"Div":        back(divBack),
	"Dropout":    back(passes),
	"Erf":        unary(dErf),
	"Exp":        unary(dExp),
	"Floor":      flat,
	"Hardmax":    flat,
	"Identity":   back(passes),
	"Log":        unary(dLog),
	"Max":        back(extremeBack),
	"Mean":       back(meanBack),
	"Min":        back(extremeBack),
	"Mod":        back(modBack),
	"Mul":        back(mulBack),
	"Neg":        unary(dNeg),
	"Pow":        back(powBack),
	"Reciprocal": unary(dReciprocal),
	"Round":      flat,
	"Sign":       flat,
	"Sin":        unary(dSin),
	"Sinh":       unary(dSinh),
	"Sqrt":       unary(dSqrt),
	"Sub":        back(subBack),
	"Sum":        back(addBack),
	"Tan":        unary(dTan),
	"Where":      back(whereBack),

	// activation.go
	"Celu":            unary(dCelu),
	"Elu":             unary(dElu),
	"Gelu":            unary(dGelu),
	"HardSigmoid":     unary(dHardSigmoid),
	"HardSwish":       unary(dHardSwish),
	"LeakyRelu":       unary(dLeakyRelu),
	"LogSoftmax":      back(logSoftmaxBack),
	"Mish":            lower(mishLower),
	"PRelu":           back(preluBack),
	"Relu":            back(reluBack),
	"Selu":            unary(dSelu),
	"Shrink":          unary(dShrink),
	"Sigmoid":         unary(dSigmoid),
	"Softmax":         back(softmaxBack),
	"Softplus":        unary(dSoftplus),
	"Softsign":        unary(dSoftsign),
	"SwiGLU":          lower(swiGLULower),
	"Swish":           unary(dSwish),
	"Tanh":            unary(dTanh),
	"ThresholdedRelu": unary(dThresholdedRelu),

	// linear.go, conv.go
	"Conv":          back(convBack),
	"ConvTranspose": back(convTransposeBack),
	"Einsum":        back(einsumBack),
	"Gemm":          back(gemmBack),
	"MatMul":        back(matMulBack),

	// norm.go
	"BatchNormalization":        back(batchNormBack),
	"GroupNormalization":        back(groupNormBack),
	"InstanceNormalization":     back(instanceNormBack),
	"LRN":                       lower(lrnLower),
	"LayerNormalization":        back(layerNormBack),
	"LpNormalization":           lower(lpNormLower),
	"MeanVarianceNormalization": lower(meanVarianceLower),
	"RMSNormalization":          lower(rmsNormLower),

	// pool.go
	"AveragePool":       back(averagePoolBack),
	"GlobalAveragePool": back(globalAverageBack),
	"GlobalLpPool":      back(globalLpBack),
	"GlobalMaxPool":     back(globalMaxBack),
	"LpPool":            back(lpPoolBack),
	"MaxPool":           back(maxPoolBack),

	// reduce.go
	"CumSum":          back(cumSumBack),
	"ReduceL1":        reduced(dReduceL1),
	"ReduceL2":        reduced(dReduceL2),
	"ReduceLogSum":    reduced(dReduceLogSum),
	"ReduceLogSumExp": reduced(dReduceLogSumExp),
	"ReduceMax":       reduced(extreme),
	"ReduceMean":      back(reduceMeanBack),
	"ReduceMin":       reduced(extreme),
	"ReduceProd":      reduced(dReduceProd),
	"ReduceSum":       back(reduceSumBack),
	"ReduceSumSquare": reduced(dReduceSumSquare),

	// move.go
	"Concat":          back(concatBack),
	"DepthToSpace":    lower(depthLower),
	"Expand":          back(expandBack),
	"Flatten":         back(reshapeBack),
	"Pad":             back(padBack),
	"Reshape":         back(reshapeBack),
	"ReverseSequence": back(reverseSequenceBack),
	"Slice":           back(sliceBack),
	"SpaceToDepth":    lower(spaceLower),
	"Split":           back(splitBack),
	"Squeeze":         back(reshapeBack),
	"Tile":            back(tileBack),
	"Transpose":       back(transposeBack),
	"Trilu":           back(triluBack),
	"Unsqueeze":       back(reshapeBack),

	// pick.go
	"Gather":          back(gatherBack),
	"GatherElements":  back(gatherElementsBack),
	"GatherND":        back(gatherNDBack),
	"ScatterElements": back(scatterElementsBack),
	"ScatterND":       back(scatterNDBack),
	"TopK":            back(topKBack),

	// attention.go, branch.go, recurrent.go
	"Attention":       lower(attentionLower),
	"GRU":             lower(recurrentLower(3)),
	"If":              back(ifBack),
	"LSTM":            lower(recurrentLower(4)),
	"RNN":             lower(recurrentLower(1)),
	"RotaryEmbedding": back(rotaryBack),

	// loss.go, resize.go, sample.go
	"AffineGrid":                lower(affineLower),
	"GridSample":                lower(gridLower),
	"NegativeLogLikelihoodLoss": lower(likelihoodLower),
	"Resize":                    back(resizeBack),
	"SoftmaxCrossEntropyLoss":   lower(crossEntropyLower),
}
