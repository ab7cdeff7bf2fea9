// Package onnx is the ONNX file format: it reads, checks and writes models.
//
//	file ── Read ──▶ Model ── Check ──▶ nil, or the first thing that is wrong
//	                  │  ├─ OpsetImports, Metadata
//	                  │  ├─ Graph ── Nodes ── Attributes (which may hold Graphs and Tensors)
//	                  │  │       ├─ Initializers (Tensors: inline, or beside the file)
//	                  │  │       └─ Inputs, Outputs, ValueInfos (Types with Shapes)
//	                  │  └─ Functions
//	                  └─ Write, WriteFile ──▶ the same fields, in the order of their numbers
//
// The types mirror onnx.proto (IR version 14, opset 28). Fields this package has no name for are kept
// and written back, and so are fields that were written although they hold their default, so a file that
// protobuf's own writers made comes out byte for byte as it went in.
//
// Files are taken to be hostile: every size is checked before memory is asked for, nesting, rank and node
// count are limited (Limits), and data beside a model is opened inside the model's folder only.
//
// Reading a tensor's elements asks for what they take in Go, not more; Len and ByteLen say it before. Where a model
// has 2 GiB of data beside it, or more, elements that need no conversion are mapped instead. A model
// and its tensors may be read by several goroutines at a time.
//
// Not in this package: what an operator means, shapes, constants folded, names made readable (graph and its
// subpackages), and dense arrays (tensor). A Tensor here is what the file holds.
package onnx
