package kernel

import "math"

// Reduced is what products of PanelsBF16 run on: "amx", or the name of the kernel in use, which is not faster.
func Reduced() string { return current.name }

// Tiles says whether those products run on tile registers, which multiply values in two parts twice as fast as float32.
func Tiles() bool { return current.name == "amx" }

// PanelsBF16 is Panels32 with values in one or two parts for TriangleBF16 and ProductsBF16: rounded to bfloat16, eight
// significant bits, and with two parts also what that leaves, rounded alike. dst has room for rows of SizeBF16 values.
func PanelsBF16(parts int, dst, x []float32, at []int, k int, centre []float32, scale float32) {
	rows := roundUp(len(at), PanelRows)
	dst = dst[:rows*SizeBF16(parts, k)]
	if !Tiles() {
		dst = dst[:rows*k]
		Panels32(dst, x, at, k, centre, scale)
		roundPortable(parts, dst)
		return
	}
	shift := shiftOf(centre[:k], scale)
	panelsAMX(parts, dst, x, at, k, centre, *shift, scale)
	giveBack(leftBuffer, shift)
}

// SizeBF16 is how much room a row of k values takes.
func SizeBF16(parts, k int) int { return parts * roundUp(k, 32) }

// TriangleBF16 is PanelTriangle32 of panels made by PanelsBF16, or with add adds those products to c: products of parts are exact, their sums float32. Those of
// second parts, 2^-16 of the others or less, may be left out.
func TriangleBF16(add bool, parts, panels, k int, a, c []float32) {
	if !Tiles() {
		panelTriangle(add, panels, k, a, c)
		return
	}
	panel := PanelRows * SizeBF16(parts, k) / 2
	_, _ = a[2*panels*panel-1], c[panels*(panels+1)/2*panelSize-1]
	for j := range panels {
		columnAMX(add, parts, j+1, k, a, a[(panels+j)*panel:], c[j*(j+1)/2*panelSize:], panelSize, PanelRows)
	}
}

// RowsTriangleBF16 is TriangleBF16 of the panels that PanelsBF16 makes of rows, a panel's products right after it is made;
// column is told when those of panel j are there. space has room for as many rows of SizeBF16 values.
func RowsTriangleBF16(parts int, space, x []float32, at []int, k int, centre []float32, scale float32, c []float32, column func(j int)) {
	panels := (len(at) + PanelRows - 1) / PanelRows
	if !Tiles() {
		PanelsBF16(parts, space, x, at, k, centre, scale)
		TriangleBF16(false, parts, panels, k, space, c)
		for j := range panels {
			column(j)
		}
		return
	}
	_, _ = space[panels*PanelRows*SizeBF16(parts, k)-1], c[panels*(panels+1)/2*panelSize-1]
	shift := shiftOf(centre[:k], scale)
	panelTriangleAMX(parts, space, x, at, k, centre, *shift, scale, c, column)
	giveBack(leftBuffer, shift)
}

// ProductsBF16 is PanelProducts32 of panels made by PanelsBF16.
func ProductsBF16(parts int, upper bool, panelsA, panelsB, k int, a, b, c []float32, ldc int) {
	if !Tiles() {
		PanelProducts32(upper, panelsA, panelsB, k, a, b, c, ldc)
		return
	}
	panel := PanelRows * SizeBF16(parts, k) / 2
	_, _ = a[2*panelsA*panel-1], b[2*panelsB*panel-1]
	checkResult(panelsA*PanelRows, panelsB*PanelRows, c, ldc)
	for j := range panelsB {
		count := panelsA
		if upper {
			count = min(count, j+1)
		}
		columnAMX(false, parts, count, k, a, b[(panelsB+j)*panel:], c[j*PanelRows:], PanelRows*ldc, ldc)
	}
}

// ColumnsBF16 makes columns rows: of the first parts of panels made by PanelsBF16, k values long, it makes panels of k
// rows of PanelRows * panels values in one part. Rows from k on are 0.
func ColumnsBF16(dst []float32, parts, panels, k int, a []float32) {
	rows := roundUp(k, PanelRows)
	dst = dst[:rows*panels*PanelRows]
	if Tiles() {
		panel := PanelRows * SizeBF16(parts, k) / 2
		for s := range panels {
			columnsAMX(parts, k, s, panels, dst, a[s*panel:(s+1)*panel])
		}
		return
	}
	for s := range panels {
		of := a[s*PanelRows*k : (s+1)*PanelRows*k]
		for u := range rows {
			to := dst[(u/PanelRows*panels+s)*panelSize+u%PanelRows:]
			for r := range PanelRows {
				to[r*PanelRows] = 0
				if u < k {
					to[r*PanelRows] = of[u*PanelRows+r]
				}
			}
		}
	}
	roundPortable(1, dst)
}

// pairDepth is how many products of rounded values AddPairsBF16 sums in float32 before it goes on in float64.
const pairDepth = 2048

// RoundedSize is how much room n values take that RoundBF16 rounds, n a multiple of 32.
func RoundedSize(n int) int {
	if Tiles() {
		return n / 2
	}
	return n
}

// RoundBF16 rounds values, a multiple of 32 of them, to bfloat16 for AddPairsBF16. dst has room for RoundedSize.
func RoundBF16(dst, src []float32) {
	if Tiles() {
		round16AMX(dst[:len(src)/2], src)
		return
	}
	copy(dst, src)
	roundPortable(1, dst[:len(src)])
}

// AddPairsBF16 is AddPairs64 of rows of n values that RoundBF16 has rounded, n a multiple of 32: products are exact, and
// sums over some 2,048 of them float32.
func AddPairsBF16(rows, n int, v []float32, stride int, c []float64) {
	if !Tiles() {
		AddPairs64(rows, n, v, stride, c)
		return
	}
	_, _ = v[(rows-1)*stride+n/2-1], c[rows*rows-1]
	panels := (rows + PanelRows - 1) / PanelRows
	blocks := panels * (panels + 1) / 2
	packed, sums := borrow[float32](leftBuffer, panels*PanelRows*pairDepth), borrow[float32](rightBuffer, blocks*panelSize)
	total := borrow[float64](leftBuffer, blocks*panelSize)
	defer giveBack(leftBuffer, packed)
	defer giveBack(rightBuffer, sums)
	defer giveBack(leftBuffer, total)
	clear(*total)
	for at := 0; at < n; at += pairDepth {
		k := min(pairDepth, n-at)
		of := (*packed)[:panels*PanelRows*k]
		copiesAMX(of, v, rows, stride, at, k)
		TriangleBF16(false, 1, panels, k, of, *sums)
		AddTo64(*total, *sums)
	}
	for j := range panels {
		for i := range min(rows, (j+1)*PanelRows) {
			block := (*total)[(j*(j+1)/2+i/PanelRows)*panelSize+i%PanelRows*PanelRows:]
			for k := range min(PanelRows, rows-j*PanelRows) {
				c[i*rows+j*PanelRows+k] += block[k]
			}
		}
	}
}

// roundPortable rounds values to the sum of so many bfloat16 values, each the nearest to what is left, ties to even.
func roundPortable(parts int, v []float32) {
	for i, x := range v {
		var sum float32
		for range parts {
			u := math.Float32bits(x - sum)
			sum += math.Float32frombits((u + 0x7fff + u>>16&1) &^ 0xffff)
		}
		v[i] = sum
	}
}
