// Package divergence compares two distributions: Kullback-Leibler and Jensen-Shannon of probabilities,
// Jensen-Shannon of two samples over bins of equal mass with an exact permutation test, the
// Kolmogorov-Smirnov test, and the maximum mean discrepancy of rows.
//
// Distributions must live in one space: layers do not. Compare one unit under two conditions, predictions
// of probes at several layers with the model's, or distances between samples. What a difference means is
// the caller's to say. Reasons are those of package infer.
package divergence
