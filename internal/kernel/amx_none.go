//go:build !amd64

package kernel

func hasAMX() bool { return false }

func productAMX(bool, int, int, int, []float32, int, []float32, int, []float32, int) {
	panic("kernel: no tile registers")
}
