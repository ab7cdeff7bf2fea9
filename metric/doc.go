// Package metric evaluates predictions: accuracy and the confusion matrix with intervals, proper
// scores, calibration, ranking, gaps between groups, Hamming distances, matching of label sets,
// label noise by confident learning, how strange an input is by the energy of its logits, how far it
// lies from a linear classifier's boundary, and the inception score of generated inputs.
//
// Labels and predictions are class numbers from 0; scores and probabilities are rows of a
// matrix, a row a sample. The package knows no network and sets no threshold. What cannot be
// computed is an error that wraps a reason of package infer, never NaN; a class with few samples
// keeps its counts, for the caller to hold against its own minimum.
package metric
