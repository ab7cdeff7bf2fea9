package kernel

import "math"

// Reduced is what products of PanelsBF16 run on: "amx", or the name of the kernel in use, which is not faster.
func Reduced() string {
	if current.name == "avx512" && hasAMX() {
		return "amx"
	}
	return current.name
}

// PanelsBF16 is Panels32 with values rounded to bfloat16, eight significant bits, for TriangleBF16 and
// ProductsBF16; dst has room for rows of SizeBF16(k) values.
func PanelsBF16(dst, x []float32, at []int, k int, centre []float32, scale float32) {
	rows := roundUp(len(at), PanelRows)
	dst = dst[:rows*SizeBF16(k)]
	if Reduced() != "amx" {
		dst = dst[:rows*k]
		Panels32(dst, x, at, k, centre, scale)
		roundPortable(dst, dst)
		return
	}
	shift := shiftOf(centre[:k], scale)
	panelsAMX(dst, x, at, k, centre, *shift, scale)
	giveBack(leftBuffer, shift)
}

// SizeBF16 is how much room a row of k values takes.
func SizeBF16(k int) int { return roundUp(k, 32) }

// TriangleBF16 is PanelTriangle32 of panels made by PanelsBF16: products are exact, their sums float32.
func TriangleBF16(panels, k int, a, c []float32) {
	if Reduced() != "amx" {
		PanelTriangle32(panels, k, a, c)
		return
	}
	_, _ = a[panels*PanelRows*SizeBF16(k)-1], c[panels*(panels+1)/2*panelSize-1]
	right := a[panels*PanelRows*SizeBF16(k)/2:]
	for j := range panels {
		columnAMX(j+1, k, a, right[j*PanelRows*SizeBF16(k)/2:], c[j*(j+1)/2*panelSize:], panelSize, PanelRows)
	}
}

// ProductsBF16 is PanelProducts32 of panels made by PanelsBF16.
func ProductsBF16(upper bool, panelsA, panelsB, k int, a, b, c []float32, ldc int) {
	if Reduced() != "amx" {
		PanelProducts32(upper, panelsA, panelsB, k, a, b, c, ldc)
		return
	}
	panel := PanelRows * SizeBF16(k) / 2
	_, _ = a[2*panelsA*panel-1], b[2*panelsB*panel-1]
	checkResult(panelsA*PanelRows, panelsB*PanelRows, c, ldc)
	for j := range panelsB {
		count := panelsA
		if upper {
			count = min(count, j+1)
		}
		columnAMX(count, k, a, b[(panelsB+j)*panel:], c[j*PanelRows:], PanelRows*ldc, ldc)
	}
}

// roundPortable sets dst to the bfloat16 values nearest to src, ties to even.
func roundPortable(dst, src []float32) {
	for i := range dst {
		u := math.Float32bits(src[i])
		dst[i] = math.Float32frombits((u + 0x7fff + u>>16&1) &^ 0xffff)
	}
}
