// Package canonical turns a model file into a graph of one form: ONNX of opset 20, whatever version the
// file was written in. Functions are expanded, constants folded, shapes that were computed at run time
// made plain where they do not change, and exporters' habits undone: weights in Constant nodes or behind
// Identity, Dropout left in, axes as attributes, a condition that is always true.
//
//	file ─▶ raw nodes ─▶ each: upgraded to opset 20 ─▶ folded ─▶ pruned ─▶ shapes ─▶ layers
//	         functions expanded, in order               with the shapes followed so far
//
// Whatever a file asks for is bounded: nodes, nesting, bytes and steps of folding.
//
// Not in this package: reading the file (onnx), what an operator computes (op), rules of shapes
// (graph/shape), what a layer is (graph).
package canonical
