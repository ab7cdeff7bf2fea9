// Package signal tells what is left of signals and gradients in a deep network: how their size and likeness
// change from layer to layer by the theory of wide random networks, how much of a gradient is the noise of
// its batch, and which units carry next to nothing.
//
// It works on numbers that others measure and knows no network. What cannot be computed is an error that
// wraps a reason of package infer, or ErrNoise.
package signal
