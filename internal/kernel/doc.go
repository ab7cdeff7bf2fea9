// Package kernel holds the loops that take the time: matrix products, convolutions and vector
// functions, in assembly where the processor allows it, each with a portable twin in Go. It knows
// slices of numbers and their strides; shapes, operators and models live above it.
//
// Every function fixes its order of summation: the bits of a result depend on the kernel in use
// (Name) and never on the number of workers. Slices that are too short are a programmer's mistake
// and panic.
package kernel
