//go:build !amd64

package kernel

func hasAMX() bool { return false }

func panelsAMX(parts int, dst, x []float32, at []int, k int, centre, shift []float32, scale float32) {
	panic("kernel: no tile registers")
}

func panelTriangleAMX(parts int, dst, x []float32, at []int, k int, centre, shift []float32, scale float32, c []float32, column func(j int)) {
	panic("kernel: no tile registers")
}

func columnAMX(add bool, parts, count, k int, a, b, c []float32, next, ldc int) {
	panic("kernel: no tile registers")
}

func columnsAMX(parts, k, s, steps int, dst, panel []float32) { panic("kernel: no tile registers") }

func round16AMX(dst, src []float32) { panic("kernel: no tile registers") }

func copiesAMX(dst, v []float32, rows, stride, at, n int) { panic("kernel: no tile registers") }
