// Package spectra tells what the eigenvalues of a matrix say of it: whether they are those of noise, by the
// law of Marchenko and Pastur, and how heavy their tail is, by a power law.
//
// Eigenvalues come as slices in any order; how they are had is package linalg's. The package knows no layer
// and calls no exponent good or bad. What cannot be computed is an error that wraps a reason of package
// infer.
package spectra
