package cluster_test

import (
	"context"
	"fmt"

	"github.com/stratascope/stratascope/cluster"
)

func ExampleKMeans() {
	p := cluster.Points{X: []float32{0, 0, 0, 1, 9, 9, 9, 8}, N: 4, D: 2}
	c, err := cluster.KMeans(context.Background(), 2, p, 2, cluster.KMeansOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Labels, c.Centres, c.Inertia)
	// Output: [0 0 1 1] [0 0.5 9 8.5] 1
}

// Eight layers, of which the third is unlike all others.
func ExampleAgglomerate() {
	const n = 8
	dist := make([]float64, n*n)
	for i := range n {
		for j := range n {
			switch {
			case i == j:
			case i == 2 || j == 2:
				dist[i*n+j] = 0.9
			default:
				dist[i*n+j] = 0.1
			}
		}
	}
	tree, err := cluster.Agglomerate(context.Background(), dist, n, cluster.Average)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tree.CutAt(0.5))
	// Output: [0 0 1 0 0 0 0 0]
}
