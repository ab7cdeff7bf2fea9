package kernel

import "os"

// set is what one kind of processor runs.
type set struct {
	name      string
	p32       product[float32]
	p64       product[float64]
	depthwise func(dst []float32, pitch, width int, src []float32, srcPitch int, offsets []int, w []float32, rows int)
	three     func(s *ConvShape) planeFunc // nil where there is no kernel for 3 x 3 taps
	second    func(dst, src []float32)
	panel     panelSet
	vector
}

// current is the set in use. The environment variable STRATASCOPE_KERNEL ("portable", "avx2",
// "avx512", "amx", "neon"), read once, asks for a lesser one than the processor offers.
var current = choose(os.Getenv("STRATASCOPE_KERNEL"))

// Name is the kernel in use: "amx", which is avx512 with tile registers, "avx512", "avx2", "neon" or "portable".
func Name() string { return current.name }

// choose gives the wanted set, the best one if there is no such set here.
func choose(wanted string) *set {
	all := available()
	for _, s := range all {
		if s.name == wanted {
			return s
		}
	}
	return all[0]
}

var portable = &set{
	name: "portable",
	p32: product[float32]{rows: 4, cols: 4, depth: 256, height: 64, width: 1024,
		tile: tilePortable[float32], mixed: mixedPortable, transpose: transposePortable[float32], copyRows: copyPortable[float32], gather: gatherPortable[float32]},
	p64: product[float64]{rows: 4, cols: 4, depth: 256, height: 64, width: 512,
		tile: tilePortable[float64], transpose: transposePortable[float64], copyRows: copyPortable[float64], gather: gatherPortable[float64]},
	depthwise: depthwisePortable, second: secondPortable, vector: portableVector,
}
