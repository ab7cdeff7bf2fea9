package finding

// Clusters says how the samples of each layer group by the direction of their values, and its units by
// theirs. Groups of samples do not say which layer is flawed. Matrices and quantiles are rounded to 1e-4.
type Clusters struct {
	Level   float64         `json:"level"`   // share that the intervals cover
	Most    int             `json:"most"`    // most samples clustered in a layer, those with the smallest hashes
	Classes int             `json:"classes"` // classes asked for; 0 where each layer found its own number of clusters
	Layers  []LayerClusters `json:"layers"`  // in order of execution, the output's left out
}

// LayerClusters is one layer. What could not be had is absent; Reason says why if nothing could.
type LayerClusters struct {
	Layer  string `json:"layer"`
	Reason string `json:"reason,omitempty"`
	N      int    `json:"n"` // samples clustered: those that are finite and have a direction less the mean
	// Raw compares directions as they are, Centred those left when the mean of all samples is taken away.
	Raw     *Cosines `json:"raw,omitempty"`
	Centred *Cosines `json:"centred,omitempty"`
	// Participation is how many directions the centred values vary in, (sum e)^2 / sum e^2 of the
	// covariance's eigenvalues e, 1 to the number of units.
	Participation *Ranged `json:"participation,omitempty"`
	// KMeans is spherical k-means of the centred directions, Spectral clusters the graph of their 10 nearest
	// neighbours, Tokens is spherical k-means of one token a sample, chosen by the hash of its id.
	KMeans   *Groups `json:"k_means,omitempty"`
	Spectral *Groups `json:"spectral,omitempty"`
	Tokens   *Groups `json:"tokens,omitempty"`
	// Both is the adjusted Rand index of KMeans and Spectral, which says whether they found the same.
	Both  *float64    `json:"both,omitempty"`
	Units *UnitGroups `json:"units,omitempty"`
}

// Cosines sums up the cosine matrix of a layer's samples.
type Cosines struct {
	Mean      Ranged    `json:"mean"`      // of all pairs of samples, with the group jackknife's interval
	Quantiles []float64 `json:"quantiles"` // 5, 25, 50, 75 and 95 % of all pairs
	// Within and Between are the means over pairs of one class and of two. Without labels the clusters of KMeans stand for
	// classes, which Clusters says; absent where there are none either.
	Within  *float64 `json:"within,omitempty"`
	Between *float64 `json:"between,omitempty"`
	// Matrix is the mean cosine of pairs of samples from class a and class b, upper triangle with diagonal, by
	// rows, of the classes whose numbers are in Classes; absent above 40 classes.
	Matrix   []float64 `json:"matrix,omitempty"`
	Classes  []int     `json:"classes,omitempty"`
	Clusters bool      `json:"clusters,omitempty"`
}

// Groups is one way to part the samples of a layer.
type Groups struct {
	K          int      `json:"k"`
	Sizes      []int    `json:"sizes"`                // samples by cluster
	Isolated   int      `json:"isolated,omitempty"`   // samples that no neighbour joins to a cluster
	Silhouette *float64 `json:"silhouette,omitempty"` // mean, -1 to 1: how much nearer samples are to their own cluster
	// Stability is the mean adjusted Rand index of the parts of 20 half-samples with this one; below 0.6 the
	// groups are not to be interpreted.
	Stability *float64 `json:"stability,omitempty"`
	// Rand and Information are the agreement with the labels: the adjusted Rand index and the adjusted mutual
	// information, 1 for the same parts, about 0 for chance. Their intervals come from the half-samples, of
	// Spectral from the group jackknife with the groups as they are. P is of as much agreement or more when
	// labels are permuted, and stands at Rand.
	Rand        *Ranged `json:"rand,omitempty"`
	Information *Ranged `json:"information,omitempty"`
}

// A Ranged number has an interval, and a p-value where one is given.
type Ranged struct {
	Value float64  `json:"value"`
	Low   float64  `json:"lo"`
	High  float64  `json:"hi"`
	P     *float64 `json:"p,omitempty"`
}

// UnitGroups sums up the cosine matrix of a layer's units, less each unit's mean: their correlations.
type UnitGroups struct {
	Units     int       `json:"units"`     // units compared: those that vary, of wide layers as many as chosen by hash
	Quantiles []float64 `json:"quantiles"` // of the sizes of the cosines: 5, 25, 50, 75 and 95 % of all pairs
	Parallel  int       `json:"parallel"`  // units whose cosine with another is above 0.98 in size
	Largest   int       `json:"largest"`   // units in the largest group that such pairs join
	// KMeans and Spectral part the units into as many clusters as the widest gap of the graph's eigenvalues
	// says; labels there are none.
	KMeans   *Groups  `json:"k_means,omitempty"`
	Spectral *Groups  `json:"spectral,omitempty"`
	Both     *float64 `json:"both,omitempty"` // adjusted Rand index of the two
}
