// Package cluster groups points: Euclidean and spherical k-means, spectral clustering, agglomerative
// clustering of a distance matrix, and change points of an ordered similarity matrix. Beside them lie
// the cosine matrices of samples and units, and what says how far a partition can be believed:
// silhouette, gap statistic, stability over half-samples, adjusted Rand index and mutual information.
//
// Points are samples, units or layers; the package does not know which, and calls no partition good
// or bad. Clusters of the samples of one layer say nothing about which layer is flawed (METHODS 5.1).
//
// A context ends whatever takes long. The number of workers never changes a bit of a result, and a
// seed fixes every random choice. What cannot be computed is an error that wraps one of package
// infer's reasons; a number that comes without an error is never NaN. Clusters are numbered from 0
// in the order in which their first points stand.
package cluster
