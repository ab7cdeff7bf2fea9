// Package dataset opens the data that a network is examined on: samples with ids, splits, labels,
// groups and masks, and the inputs of the network made from them. Formats are found out by content;
// each has a folder of its own, which knows bytes and nothing of samples. Nothing here runs a network
// or judges data.
//
// A Set is opened once and is safe for concurrent reading:
//
//	set, err := dataset.Open("steel-defects/", dataset.Options{Inputs: inputs})
//	chosen := set.Choose(dataset.Val, set.SampleSize(dataset.Val))
//	batch, err := set.Read(ctx, chosen[:32], nil)
//
// Mistakes that a person can mend are a *Problem: a message and lines of help.
package dataset
