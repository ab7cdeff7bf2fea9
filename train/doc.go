// Package train changes the weights of any network so that a sum of losses falls: gradients come from
// graph/grad as nodes of the graph, an engine runs them, an optimiser moves the weights. Treatments share it.
//
//	result, err := train.Run(ctx, network, train.Tensors{"input": images, "label": labels}, train.Options{
//		Losses:    []train.Term{{Loss: train.CrossEntropy{}, Target: "label"}},
//		Optimiser: train.SGD{Momentum: 0.9},
//		Schedule:  train.Cosine{Start: 0.1},
//		Epochs:    10,
//	})
//
// A step takes a batch, adds noise or mixes samples where that is asked for, runs the network and its
// gradients, clips them, lets the optimiser update each weight, takes the proximal step of the penalty and
// moves the running statistics of batch normalisations (network.go, train.go). A weight is one tensor of the
// graph: what several nodes read stays shared, and its gradient is the sum of theirs. A head that the file holds as
// a copy of its embedding stays that (tie.go).
//
// Whatever is drawn at random depends on the seed, the step and its purpose alone, sums have a fixed order, and
// a checkpoint holds all that later steps depend on: a training gives the same bits for any number of workers,
// and whether or not it was interrupted.
//
// Not in this package: gradients (graph/grad), running graphs (engine), what to treat and whether it helped.
package train
