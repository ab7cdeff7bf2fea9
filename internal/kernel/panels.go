package kernel

import "unsafe"

// PanelRows is how many rows a panel holds: value after value, the rows side by side. Panels of many rows lie one
// after the other, and are made once for all products that the rows take part in.
const PanelRows = 32

// panelSize is how many values the product of two panels has.
const panelSize = PanelRows * PanelRows

// panelDepth is how many values of a panel stay in the first cache.
const panelDepth = 256

// panelSet is what one processor has for panels; nil for what others do.
type panelSet struct {
	rows, cols int // of a tile; they divide PanelRows
	tile       func(k int, a *float32, row, step int, b, c *float32, ldc int, add uint64)
	fill       func(dst *float32, rows, next **float32, shift *float32, scale float32, blocks int) // 16 rows
	sums       func(block, rows, cols *float32)
	dots       func(a, b *float32, stride, blocks int, out *float64) // of 5 rows with 5
	powers     func(row, cols *float32, blocks int, sums *float32)
}

// Panels32 fills panels with rows of x, k values each, that at names, less centre and times scale, a power of
// two. Places without a row are 0.
func Panels32(dst, x []float32, at []int, k int, centre []float32, scale float32) {
	dst = dst[:roundUp(len(at), PanelRows)*k]
	shift := shiftOf(centre[:k], scale)
	defer giveBack(leftBuffer, shift)
	if current.panel.fill == nil {
		fillPanels(dst, x, at, k, *shift, scale)
		return
	}
	eachGroup(x, at, k, centre, func(i int, rows, next *[16]*float32) {
		to := dst[i/PanelRows*PanelRows*k+i%PanelRows:]
		if k >= 16 {
			current.panel.fill(&to[0], &rows[0], &next[0], &(*shift)[0], scale, k/16)
		}
		for r, p := range rows {
			for j := k &^ 15; j < k; j++ {
				to[j*PanelRows+r] = unsafe.Slice(p, k)[j]*scale + (*shift)[j]
			}
		}
	})
}

// shiftOf is what is added to scaled values; it is a leftBuffer.
func shiftOf(centre []float32, scale float32) *[]float32 {
	shift := borrow[float32](leftBuffer, len(centre))
	Scale32(*shift, centre, -scale)
	return shift
}

// eachGroup shows the rows of x, k values each, that at names, 16 at a time, with those that follow; centre stands
// for rows that panels lack.
func eachGroup(x []float32, at []int, k int, centre []float32, use func(i int, rows, next *[16]*float32)) {
	var rows, next [16]*float32
	count := roundUp(len(at), PanelRows)
	for i := -16; i < count; i += 16 {
		rows = next
		for r := range next {
			if n := i + 16 + r; n < len(at) {
				next[r] = &x[at[n]*k : at[n]*k+k][0]
			} else {
				next[r] = &centre[0]
			}
		}
		if i >= 0 {
			use(i, &rows, &next)
		}
	}
}

// fillPanels is Panels32 on any processor, eight rows at a time.
func fillPanels(dst, x []float32, at []int, k int, shift []float32, scale float32) {
	rows := borrow[float32](imageBuffer, 8*k)
	defer giveBack(imageBuffer, rows)
	for i := 0; i < roundUp(len(at), PanelRows); i += 8 {
		clear(*rows)
		for r := range min(8, len(at)-i) {
			row := (*rows)[r*k : (r+1)*k]
			Scale32(row, x[at[i+r]*k:at[i+r]*k+k], scale)
			Add32(row, row, shift)
		}
		current.p32.transpose(dst[i/PanelRows*PanelRows*k+i%PanelRows:], PanelRows, *rows, k, 8, k)
	}
}

// PanelTriangle32 sets c to the products of the rows of panels with each other, k values long: block after block
// of 32 x 32, those of panel j with panels 0 to j at j(j+1)/2 blocks from the start. What is below the diagonal
// of all is left in an unspecified state.
func PanelTriangle32(panels, k int, a, c []float32) { panelTriangle(false, panels, k, a, c) }

func panelTriangle(add bool, panels, k int, a, c []float32) {
	_, _ = a[panels*PanelRows*k-1], c[panels*(panels+1)/2*panelSize-1]
	eachPanel(panels, panels, k, true, func(i, j, k0, n int) {
		panelProduct(n, a[(i*k+k0)*PanelRows:], a[(j*k+k0)*PanelRows:], c[(j*(j+1)/2+i)*panelSize:], PanelRows, i == j, add || k0 > 0)
	})
}

// PanelProducts32 sets c, row-major with stride ldc, to the products of the rows of panels a with those of panels b,
// k values long. With upper, what is below the diagonal of c is left in an unspecified state.
func PanelProducts32(upper bool, panelsA, panelsB, k int, a, b, c []float32, ldc int) {
	_, _ = a[panelsA*PanelRows*k-1], b[panelsB*PanelRows*k-1]
	checkResult(panelsA*PanelRows, panelsB*PanelRows, c, ldc)
	eachPanel(panelsA, panelsB, k, upper, func(i, j, k0, n int) {
		panelProduct(n, a[(i*k+k0)*PanelRows:], b[(j*k+k0)*PanelRows:], c[(i*ldc+j)*PanelRows:], ldc, upper && i == j, k0 > 0)
	})
}

func eachPanel(na, nb, k int, upper bool, use func(i, j, k0, n int)) {
	depth := even(k, panelDepth, 4)
	for k0 := 0; k0 < k; k0 += depth {
		for j := range nb {
			for i := range na {
				if !upper || i <= j {
					use(i, j, k0, min(depth, k-k0))
				}
			}
		}
	}
}

// panelProduct sets, or adds to, a block of c.
func panelProduct(k int, a, b, c []float32, ldc int, upper, add bool) {
	p := &current.panel
	if p.tile == nil {
		Gemm32(1, true, false, PanelRows, PanelRows, k, 1, a, PanelRows, b, PanelRows, float32(flagOf(add)), c, ldc)
		return
	}
	flag := flagOf(add)
	for i := 0; i < PanelRows; i += p.rows {
		for j := 0; j < PanelRows; j += p.cols {
			if !upper || j+p.cols > i {
				p.tile(k, &a[i], 1, PanelRows, &b[j], &c[i*ldc+j], ldc, flag)
			}
		}
	}
}

// PanelsTimes32 sets c, rows x 32, to the products of the rows of panels, k values long, with b, k x 32.
func PanelsTimes32(panels, k int, a, b, c []float32) {
	_, _, _ = a[panels*PanelRows*k-1], b[k*PanelRows-1], c[panels*panelSize-1]
	eachPanel(panels, 1, k, false, func(i, _, k0, n int) {
		panelProduct(n, a[(i*k+k0)*PanelRows:], b[k0*PanelRows:], c[i*panelSize:], PanelRows, false, k0 > 0)
	})
}

// TimesPanels32 sets c, k x 32, to the products of the columns of panels with b, rows x 32.
func TimesPanels32(panels, k int, a, b, c []float32) {
	_, _, _ = a[panels*PanelRows*k-1], b[panels*panelSize-1], c[k*PanelRows-1]
	p := &current.panel
	for i := range panels {
		of, right := a[i*PanelRows*k:], b[i*panelSize:]
		whole := 0
		if p.tile != nil {
			whole = k / p.rows * p.rows
		}
		for at := 0; at < whole; at += p.rows {
			for j := 0; j < PanelRows; j += p.cols {
				p.tile(PanelRows, &of[at*PanelRows], PanelRows, 1, &right[j], &c[at*PanelRows+j], PanelRows, flagOf(i > 0))
			}
		}
		if whole < k {
			Gemm32(1, false, false, k-whole, PanelRows, PanelRows, 1, of[whole*PanelRows:], PanelRows, right, PanelRows,
				float32(flagOf(i > 0)), c[whole*PanelRows:], PanelRows)
		}
	}
}

// PanelPowers32 adds the squares of a row, whose length is a multiple of 16, to cols, in float32, and returns the sums
// of its squares and cubes. sums is space.
func PanelPowers32(row, cols []float32, sums *[32]float32) (squares, cubes float64) {
	cols = cols[:len(row)]
	if current.panel.powers != nil {
		current.panel.powers(&row[0], &cols[0], len(row)/16, &sums[0])
		return Sum64(sums[:16]), Sum64(sums[16:])
	}
	for at := 0; at < len(row); at += 16 {
		v, w := row[at:at+16], sums[:16]
		Mul32(w, v, v)
		Add32(cols[at:at+16], cols[at:at+16], w)
		squares += Sum64(w)
		cubes += Dot64(w, v)
	}
	return squares, cubes
}

// PanelSums32 adds the sums of the rows and of the columns of a block of 32 x 32 to rows and cols, which do not overlap.
func PanelSums32(block, rows, cols []float32) {
	_, _, _ = block[panelSize-1], rows[PanelRows-1], cols[PanelRows-1]
	if current.panel.sums != nil {
		current.panel.sums(&block[0], &rows[0], &cols[0])
		return
	}
	for i := range PanelRows {
		row := block[i*PanelRows : (i+1)*PanelRows]
		rows[i] += float32(Sum64(row))
		Add32(cols[:PanelRows], cols[:PanelRows], row)
	}
}

// AddPairs64 adds to the upper triangle of c, rows x rows, the products of all pairs of rows of v, n values long and
// stride apart: in float32 over some 64 values, those sums in float64. What is below the diagonal is left in an
// unspecified state.
func AddPairs64(rows, n int, v []float32, stride int, c []float64) {
	const side, depth = 5, 64 // rows; vectors of 16 values
	if current.panel.dots == nil || rows < side {
		AddProducts64(1, false, true, rows, rows, n, v, stride, v, stride, c, rows)
		return
	}
	_, _ = v[(rows-1)*stride+n-1], c[rows*rows-1]
	groups := (rows + side - 1) / side
	first := func(g int) int { return min(g*side, rows-side) } // the last group overlaps the one before
	sums := make([][32]float64, groups*groups)
	for at := 0; at < n/16; at += depth {
		for a := range groups {
			for b := a; b < groups; b++ {
				current.panel.dots(&v[first(a)*stride+16*at], &v[first(b)*stride+16*at], 4*stride, min(depth, n/16-at), &sums[a*groups+b][0])
			}
		}
	}
	for a := range groups {
		for b := a; b < groups; b++ {
			for i := a * side; i < min(rows, (a+1)*side); i++ {
				for j := max(i, b*side); j < min(rows, (b+1)*side); j++ {
					s := sums[a*groups+b][(i-first(a))*side+j-first(b)]
					for k := n &^ 15; k < n; k++ {
						s += float64(v[i*stride+k]) * float64(v[j*stride+k])
					}
					c[i*rows+j] += s
				}
			}
		}
	}
}

func flagOf(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
