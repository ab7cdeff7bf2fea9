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
	fill := panelRowsAMX
	if parts == 2 {
		fill = panelPartsAMX
	}
	right := len(dst) / 2
	var tail [17][32]float32
	copy(tail[16][:], shift[k&^31:])
	eachGroup(x, at, k, centre, func(i int, rows, next *[16]*float32) {
		a := dst[i/PanelRows*PanelRows*SizeBF16(parts, k)/2+i%PanelRows*16:]
		b := a[right:]
		if blocks := k / 32; blocks > 0 {
			fill(bits(a), bits(b), &rows[0], &next[0], &shift[0], scale, blocks)
		}
		if k%32 == 0 {
			return
		}
		var short [16]*float32
		for r, p := range rows {
			copy(tail[r][:], unsafe.Slice(p, k)[k&^31:])
			short[r] = &tail[r][0]
		}
		end := k / 32 * 512 * parts
		fill(bits(a[end:]), bits(b[end:]), &short[0], &short[0], &tail[16][0], scale, 1)
	})
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

func bits(v []float32) *uint16 { return (*uint16)(unsafe.Pointer(&v[0])) }

// columnAMX sets blocks of c, next values apart, to, or adds to them, the products of count panels of a with one of b.
func columnAMX(add bool, parts, count, k int, a, b, c []float32, next, ldc int) {
	panelTilesAMX(parts, count, (k+31)/32, bits(a), bits(b), &c[0], 4*next, 4*ldc, flagOf(add), &tiles[0])
}
