// Package receptive tells how far an element of a value sees: how many positions of each axis of a network's
// input it depends on, by the windows, strides and dilations of all nodes on the way (Araujo et al. 2019).
//
// Where paths join, the longest says what an element can depend on and the shortest what it depends on even
// if all branches were cut; between them lies what training makes of it, which is less than the longest
// (Luo et al. 2016). An attention, a global pooling, a recurrent layer or a linear map over an axis sees all
// of it. Statistics of normalisations are not counted, borders are: a window counts in full where it reaches
// over the edge. What an operator without a rule gives sees everything, so that a field is never too small.
//
// Axes are followed through transpositions and changes of shape, as when an image becomes a row of patches.
package receptive
