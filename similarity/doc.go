// Package similarity compares what layers say about the same samples: biased and debiased linear
// CKA of two matrices, of all pairs of layers with group-jackknife intervals, and of streams of
// samples through a mergeable state; and measures of the shape of a spectrum.
//
// Beside linear CKA there are, for two layers, CKA with Gaussian kernels and over batches, canonical
// correlations, shape distances and the Bures similarity, correlation of dissimilarities, shared
// nearest neighbours, the intrinsic distance, prediction by ridge regression, alignment by a rotation or by
// pairs of units, and CKA without what the input explains. They fail in different ways: n far below d makes
// biased CKA, Bures and CCA 1; a few large units or far samples are all that CKA, Bures and SVCCA see; neighbours
// depend on n. Jackknife gives any of them an interval, Permutation tests all pairs for a relation.
//
// It works on matrices of numbers, a row a sample. It knows no network or layer names and calls
// no similarity good or bad; references and floors belong to the detectors. Intervals and seeds
// come from package infer.
//
// All pairs of L layers cost n^2 (S + L^2/2) operations for n samples and S units in all: the
// Gram matrix of every layer is walked once, tile by tile, and never held. U-centring does not
// change when a constant row is subtracted, so rows are shifted by a column mean when they are
// read, which keeps float32 products exact enough under offsets of any size.
package similarity
