// Package grad differentiates a graph: it appends nodes that compute the gradients of a value with respect
// to inputs, weights and any value in between. The result is a graph like any other, of ONNX's own
// operators, so whatever runs the network runs its gradients, and differentiating twice gives
// Hessian-vector products.
//
//	g, _ := grad.Of(ctx, network, grad.Request{Seeds: []grad.Seed{{Value: "loss"}}, Values: []string{"input", "fc1.weight"}})
//	program, _ := engine.Compile(ctx, g.Graph, engine.Options{Values: []string{g.Names["fc1.weight"]}})
//
// Reverse mode (Griewank and Walther 2008, chapter 3): nodes are visited from the last to the first, and the
// rule of each operator says what the gradients of its outputs add to those of its inputs (rules.go; a file
// per family). A rule either appends these nodes or writes the operator with simpler ones, which are then
// differentiated. Shapes are followed while nodes are appended, so that a rule knows the sizes that are
// fixed; the others are computed in the run.
//
// Where a derivative does not exist the value is PyTorch's: 0 for Relu at 0, a share for each of several
// maxima. An operator without a rule is an *UnsupportedError, never a gradient of zero; one whose derivative
// is zero wherever it exists (Round, comparisons) ends the path and is listed in Gradients.Flat. Quantised operators
// have the gradient of the straight-through estimator (quantise.go), which takes rounding for the identity.
//
// Gradients for each sample come from the same pass: what a weight's rule would sum over the samples stays
// apart, and where only norms are asked for it is never made (persample.go).
//
// Not in this package: running the graph (engine), losses and optimisers.
package grad
