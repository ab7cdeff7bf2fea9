package kernel

import "github.com/stratascope/stratascope/internal/scratch"

type float interface{ float32 | float64 }

// operand is a matrix as it lies in memory, seen along the direction that is summed over: n
// vectors of k values, value p of vector i at i*ld+p, or at p*ld+i if crossed.
type operand[T float] struct {
	v       []T
	ld      int
	crossed bool
}

// pack writes vectors [i0, i0+n), values [k0, k0+k), as panels of width vectors: panel after
// panel, in it value after value, vectors side by side, missing ones zero.
func (p *product[T]) pack(dst []T, o operand[T], width, i0, n, k0, k int) {
	for i := 0; i < n; i += width {
		count := min(width, n-i)
		panel := dst[i*k : (i+width)*k]
		if count < width {
			clear(panel)
		}
		if o.crossed {
			p.copyRows(panel, width, o.v[k0*o.ld+i0+i:], o.ld, count, k)
		} else {
			p.transpose(panel, width, o.v[(i0+i)*o.ld+k0:], o.ld, count, k)
		}
	}
}

// Transpose32 sets dst, cols x rows, to the transpose of src, rows x cols.
func Transpose32(dst, src []float32, rows, cols int) {
	if rows > 0 && cols > 0 {
		_, _ = dst[rows*cols-1], src[rows*cols-1]
		current.p32.transpose(dst, rows, src, cols, rows, cols)
	}
}

// check panics if the operand is too short for n vectors of k values.
func (o operand[T]) check(n, k int) {
	rows, cols := n, k
	if o.crossed {
		rows, cols = k, n
	}
	if o.ld < cols {
		panic("kernel: stride shorter than a row")
	}
	_ = o.v[(rows-1)*o.ld+cols-1]
}

// even cuts n into the fewest blocks of at most most, all of about one size, a multiple of unit.
func even(n, most, unit int) int {
	if n <= most {
		return n
	}
	blocks := (n + most - 1) / most
	return roundUp((n+blocks-1)/blocks, unit)
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// Buffers for packing are used again and again, the kinds apart because they are in use at once.
var (
	pools32 [3]scratch.Pool[float32]
	pools64 [3]scratch.Pool[float64]
)

const (
	leftBuffer = iota
	rightBuffer
	imageBuffer
)

// borrow gives a buffer of n values, whose contents are arbitrary; giveBack ends its use.
func borrow[T float](kind, n int) *[]T { return poolOf[T](kind).Borrow(n) }

func giveBack[T float](kind int, b *[]T) { poolOf[T](kind).Return(b) }

func poolOf[T float](kind int) *scratch.Pool[T] {
	if p, single := any(&pools32[kind]).(*scratch.Pool[T]); single {
		return p
	}
	return any(&pools64[kind]).(*scratch.Pool[T])
}
