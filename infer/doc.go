// Package infer holds the statistics of inference that every rule shares: intervals of rates and
// of differences of rates, tests with a minimum effect, equivalence, multiplicity, permutation
// and jackknife, the bootstrap of means, exactly mergeable sums and the seeds all randomness
// starts from.
//
// It works on plain numbers and slices. It knows no detector, layer or file, and it decides
// nothing: thresholds and verdicts belong to package diagnosis. Evaluation metrics are in
// package metric, similarity of layers in package similarity.
//
// Whatever cannot be computed comes back as an error that wraps ErrTooFew, ErrConstant,
// ErrNotFinite or ErrRange; a number that comes without an error is never NaN. Counts that
// contradict each other, such as more successes than trials, are ErrRange. The quantiles and
// tails of the normal and of Student's distribution are plain functions of valid arguments.
package infer
