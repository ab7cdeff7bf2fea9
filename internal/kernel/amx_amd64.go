package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:noescape
func tileAMX(k int, a *uint16, lda int, b *uint16, c *float32, ldc int, config *byte)

//go:noescape
func roundAVX512(dst *uint16, src *float32, blocks int)

// hasAMX says whether the processor and the system offer bfloat16 tiles to this process.
func hasAMX() bool {
	return cpu.X86.HasAMXTile && cpu.X86.HasAMXBF16 && cpu.X86.HasAVX512BW && amxAllowed()
}

// tiles is the configuration of eight tiles of 16 rows of 64 bytes.
var tiles = func() (c [64]byte) {
	c[0] = 1
	for i := range 8 {
		c[16+2*i], c[48+i] = 64, 16
	}
	return c
}()

const side = 32 // rows and columns that tileAMX multiplies

// rounded are rows of bfloat16 values, two a float32, aligned and padded with zeros to whole tiles.
type rounded struct {
	buffer *[]float32
	v      []float32
	ld     int // float32 values of a row
}

func round(kind, n, k int, a []float32, lda int) rounded {
	ld, rows := roundUp(k, 32)/2, roundUp(n, side)
	r := rounded{ld: ld}
	r.buffer, r.v = aligned(kind, rows*ld)
	clear(r.v[n*ld:])
	var tail [32]float32
	for i := range n {
		row, out := a[i*lda:i*lda+k], (*uint16)(unsafe.Pointer(&r.v[i*ld]))
		if whole := k / 32; whole > 0 {
			roundAVX512(out, &row[0], 2*whole)
		}
		if rest := k % 32; rest > 0 {
			clear(tail[copy(tail[:], row[k-rest:]):])
			roundAVX512((*uint16)(unsafe.Pointer(&r.v[i*ld+(k-rest)/2])), &tail[0], 2)
		}
	}
	return r
}

// aligned borrows n values whose address is a multiple of 64 bytes.
func aligned(kind, n int) (*[]float32, []float32) {
	b := borrow[float32](kind, n+16)
	skip := int(-uintptr(unsafe.Pointer(&(*b)[0])) % 64 / 4)
	return b, (*b)[skip : skip+n]
}

// productAMX is ProductBF16 by tiles: b is packed as the transposes of its tiles, pairs of values as one.
func productAMX(upper bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	left := round(leftBuffer, m, k, a, lda)
	defer giveBack(leftBuffer, left.buffer)
	right := left
	if &a[0] != &b[0] || lda != ldb || m != n {
		right = round(imageBuffer, n, k, b, ldb)
		defer giveBack(imageBuffer, right.buffer)
	}
	ld := left.ld
	buffer, panels := aligned(rightBuffer, roundUp(n, side)*ld)
	defer giveBack(rightBuffer, buffer)
	for j := 0; j < roundUp(n, side); j += 16 {
		current.p32.transpose(panels[j*ld:], 16, right.v[j*ld:], ld, 16, ld)
	}
	var edge [side * side]float32
	for i := 0; i < m; i += side {
		rows := min(side, m-i)
		for j := 0; j < n; j += side {
			cols := min(side, n-j)
			if upper && j+cols <= i {
				continue
			}
			to, stride := &edge[0], side
			if rows == side && cols == side {
				to, stride = &c[i*ldc+j], ldc
			}
			tileAMX(ld/16, (*uint16)(unsafe.Pointer(&left.v[i*ld])), 4*ld, (*uint16)(unsafe.Pointer(&panels[j*ld])), to, 4*stride, &tiles[0])
			if to == &edge[0] {
				spread(c[i*ldc+j:], ldc, edge[:], side, rows, cols, false)
			}
		}
	}
}
