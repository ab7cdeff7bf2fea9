// Package density fits distributions to a layer's values and scores how unlikely other samples are under
// them: principal components with the residual as a score, probabilistic PCA, Gaussian mixtures by EM with
// a choice of their number, and the Student distribution of a Bayesian Gaussian for few samples.
//
// A low density is not yet strange: likelihoods of samples from elsewhere can be higher than those of the
// training set (Nalisnick et al. 2019), so Typicality asks both ways. Fit on one part of the samples,
// calibrate on another and score a third. Whether scores of two sets differ is a question for packages
// divergence and metric.
//
// Rows are n x d, a row a sample. Reasons are those of package infer.
package density
