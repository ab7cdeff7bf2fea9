// Package attribution tells where an output comes from: how much each element of an input, or each part of
// it, adds to one output of a network or of any function. Gradient times input and integrated gradients go
// along derivatives, Shapley values compare inputs of which parts are taken away.
//
// What is explained is a function of the caller's; Network makes one of a graph and runs it. Inputs are
// float64 slices, n of them one after another. Reasons why a number is not to be had are those of package
// infer. Whether an attribution is faithful is not asked here.
package attribution
