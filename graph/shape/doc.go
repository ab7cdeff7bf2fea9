// Package shape finds the type and shape of every value of a graph, with the sizes that differ from
// run to run kept as names. It does so by following the shapes through the graph for several
// assignments of numbers to those names: rules are written for plain numbers, values that shapes are
// computed from are calculated by the operators themselves, and a size that moves with a name depends
// on it. Whole networks are never run: a value is calculated only while it is a few numbers.
//
// Not in this package: changes to the graph (canonical) and running it (engine).
package shape
