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
