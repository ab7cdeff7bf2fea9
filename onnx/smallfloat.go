package onnx

import "math"

// A layout is how a small floating type spends its bits, sign, exponent and fraction from the highest.
type layout struct {
	exponent, fraction, bias int
	inf                      bool // the highest exponent is Inf and NaN, as in IEEE 754
	nan                      bool // all bits below the sign set is NaN
	unsignedZero             bool // the code of negative zero is NaN
}

// layouts are those of Micikevicius et al. 2022 (E4M3FN, E5M2), Noune et al. 2022 (FNUZ) and
// the OCP microscaling formats of 2023 (six and four bits).
var layouts = map[DataType]layout{
	Float8E4M3FN:   {exponent: 4, fraction: 3, bias: 7, nan: true},
	Float8E4M3FNUZ: {exponent: 4, fraction: 3, bias: 8, unsignedZero: true},
	Float8E5M2:     {exponent: 5, fraction: 2, bias: 15, inf: true},
	Float8E5M2FNUZ: {exponent: 5, fraction: 2, bias: 16, unsignedZero: true},
	Float6E2M3:     {exponent: 2, fraction: 3, bias: 1},
	Float6E3M2:     {exponent: 3, fraction: 2, bias: 3},
	Float4E2M1:     {exponent: 2, fraction: 1, bias: 1},
}

// value decodes one code.
func (l layout) value(code int) float32 {
	top := 1<<(l.exponent+l.fraction) - 1
	negative, magnitude := code > top, code&top
	e, f := magnitude>>l.fraction, magnitude&(1<<l.fraction-1)
	special := l.inf && e == 1<<l.exponent-1
	switch {
	case special && f == 0 && negative:
		return float32(math.Inf(-1))
	case special && f == 0:
		return float32(math.Inf(1))
	case special, l.nan && magnitude == top, l.unsignedZero && negative && magnitude == 0:
		return float32(math.NaN())
	}
	if e == 0 {
		e = 1 // subnormal: the same exponent without the leading one
	} else {
		f |= 1 << l.fraction
	}
	v := math.Ldexp(float64(f), e-l.bias-l.fraction)
	if negative {
		v = math.Copysign(v, -1)
	}
	return float32(v)
}

// smallFloats lists the values of all codes of a type of eight bits or fewer.
func smallFloats(t DataType) *[256]float32 {
	table := new([256]float32)
	for code := range table {
		if t == Float8E8M0 { // powers of two, no sign, no zero (OCP microscaling formats 2023, 5.4.1)
			table[code] = float32(math.Ldexp(1, code-127))
			continue
		}
		table[code] = layouts[t].value(code & (1<<t.Bits() - 1))
	}
	if t == Float8E8M0 {
		table[255] = float32(math.NaN())
	}
	return table
}

// half decodes an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, e, f := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case e == 31:
		return math.Float32frombits(sign | 255<<23 | f<<13)
	case e == 0: // zero or subnormal: f units of 2^-24
		v := math.Float32bits(float32(f) * (1.0 / (1 << 24)))
		return math.Float32frombits(sign | v)
	}
	return math.Float32frombits(sign | (e+112)<<23 | f<<13)
}
