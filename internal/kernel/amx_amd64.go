package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:noescape
func panelTilesAMX(parts, count, steps int, a, b *uint16, c *float32, next, ldc int, add uint64, config *byte)

//go:noescape
func panelRowsAMX(a, b *uint16, rows, next **float32, shift *float32, scale float32, blocks int)

//go:noescape
func panelPartsAMX(a, b *uint16, rows, next **float32, shift *float32, scale float32, blocks int)

//go:noescape
func panelColumnsAMX(a, b, src *uint16, count, from, to int, order *[64]uint16)

//go:noescape
func roundAMX(dst *uint16, src *float32, blocks int)

//go:noescape
func panelCopyAMX(a, b *uint16, rows **uint16, blocks int)

// hasAMX says whether the processor and the system offer bfloat16 tiles to this process.
func hasAMX() bool {
	return cpu.X86.HasAMXTile && cpu.X86.HasAMXBF16 && cpu.X86.HasAVX512BF16 && amxAllowed()
}

// tiles is the configuration of eight tiles of 16 rows of 64 bytes.
var tiles = func() (c [64]byte) {
	c[0] = 1
	for i := range 8 {
		c[16+2*i], c[48+i] = 64, 16
	}
	return c
}()

// panelsAMX fills panels of left operands, and behind them those of right ones.
func panelsAMX(parts int, dst, x []float32, at []int, k int, centre, shift []float32, scale float32) {
	f := newFillerAMX(parts, k, shift, scale)
	right := len(dst) / 2
	eachGroup(x, at, k, centre, func(i int, rows, next *[16]*float32) {
		a := dst[i/PanelRows*PanelRows*SizeBF16(parts, k)/2+i%PanelRows*16:]
		f.fill(a, a[right:], rows, next)
	})
}

// panelTriangleAMX is panelsAMX with left operands in dst, and the products of each panel with itself and those before it.
func panelTriangleAMX(parts int, dst, x []float32, at []int, k int, centre, shift []float32, scale float32, c []float32, column func(j int)) {
	f, panel := newFillerAMX(parts, k, shift, scale), PanelRows*SizeBF16(parts, k)/2
	right := borrow[float32](rightBuffer, panel)
	defer giveBack(rightBuffer, right)
	eachGroup(x, at, k, centre, func(i int, rows, next *[16]*float32) {
		j := i / PanelRows
		f.fill(dst[j*panel+i%PanelRows*16:], (*right)[i%PanelRows*16:], rows, next)
		if i%PanelRows == 16 {
			columnAMX(false, parts, j+1, k, dst, *right, c[j*(j+1)/2*panelSize:], panelSize, PanelRows)
			column(j)
		}
	})
}

// fillerAMX fills parts of panels with 16 rows.
type fillerAMX struct {
	parts, k int
	shift    []float32
	scale    float32
	tail     [17][32]float32 // values that are no whole tile
}

func newFillerAMX(parts, k int, shift []float32, scale float32) *fillerAMX {
	f := &fillerAMX{parts: parts, k: k, shift: shift, scale: scale}
	copy(f.tail[16][:], shift[k&^31:])
	return f
}

func (f *fillerAMX) fill(a, b []float32, rows, next *[16]*float32) {
	fill, k := panelRowsAMX, f.k
	if f.parts == 2 {
		fill = panelPartsAMX
	}
	if blocks := k / 32; blocks > 0 {
		fill(bits(a), bits(b), &rows[0], &next[0], &f.shift[0], f.scale, blocks)
	}
	if k%32 == 0 {
		return
	}
	var short [16]*float32
	for r, p := range rows {
		copy(f.tail[r][:], unsafe.Slice(p, k)[k&^31:])
		short[r] = &f.tail[r][0]
	}
	end := k / 32 * 512 * f.parts
	fill(bits(a[end:]), bits(b[end:]), &short[0], &short[0], &f.tail[16][0], f.scale, 1)
}

// turned are places of the values of two rows of 32 one by one, as VPERMT2W takes them: the first 16, then the others.
var turned = func() (at [64]uint16) {
	for i := range 32 {
		at[2*i], at[2*i+1] = uint16(i), uint16(32+i)
	}
	return at
}()

// columnsAMX writes step s of left operands, and behind them of right ones, of the columns of a panel.
func columnsAMX(parts, k, s, steps int, dst, panel []float32) {
	a := dst[512*s:]
	panelColumnsAMX(bits(a), bits(a[len(dst)/2:]), bits(panel), roundUp(k, 32)/32, 2048*parts, 2048*steps, &turned)
}

// round16AMX rounds values, 32 at a time, to half the room.
func round16AMX(dst, src []float32) { roundAMX(bits(dst), &src[0], len(src)/32) }

// nothing are rows that panels lack.
var nothing [pairDepth]uint16

// copiesAMX fills panels as panelsAMX does with rows of n values that are bfloat16 already, from value at on, rows stride
// apart in v.
func copiesAMX(dst, v []float32, rows, stride, at, n int) {
	var of [16]*uint16
	for i := 0; i < roundUp(rows, PanelRows); i += 16 {
		for r := range of {
			of[r] = &nothing[0]
			if i+r < rows {
				of[r] = bits(v[(i+r)*stride+at/2:])
			}
		}
		a := dst[i/PanelRows*PanelRows*n/2+i%PanelRows*16:]
		panelCopyAMX(bits(a), bits(a[len(dst)/2:]), &of[0], n/32)
	}
}

func bits(v []float32) *uint16 { return (*uint16)(unsafe.Pointer(&v[0])) }

// columnAMX sets blocks of c, next values apart, to, or adds to them, the products of count panels of a with one of b.
func columnAMX(add bool, parts, count, k int, a, b, c []float32, next, ldc int) {
	panelTilesAMX(parts, count, (k+31)/32, bits(a), bits(b), &c[0], 4*next, 4*ldc, flagOf(add), &tiles[0])
}
