// Package linalg holds the matrices of the statistics: centred sums of products, eigenvalues,
// factorisations and triangular systems. Matrices are row-major slices, dense and without a
// stride; data come as float32, everything summed is float64. The arithmetic below it is package
// kernel's; what the numbers mean is decided above.
//
// The first argument of whatever takes long is the number of workers. It never changes a bit of
// the result. Slices of the wrong length are a programmer's mistake and panic.
package linalg
