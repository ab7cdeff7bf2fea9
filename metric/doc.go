// Package metric evaluates predictions: accuracy and the confusion matrix with intervals, proper
// scores, calibration, ranking, gaps between groups, matching of label sets, and label noise by
// confident learning.
//
// Labels and predictions are class numbers from 0; scores and probabilities are rows of a
// matrix, a row a sample. The package knows no network and sets no threshold. What cannot be
// computed is an error that wraps a reason of package infer, never NaN; a class with few samples
// keeps its counts, for the caller to hold against its own minimum.
package metric
