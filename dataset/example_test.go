package dataset_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/tensor"
)

func Example() {
	set, err := dataset.Open("npz/testdata/stored.npz", dataset.Options{
		Inputs: []dataset.Input{{Name: "features", Shape: []int{-1, 4}, DType: tensor.Float32}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	fmt.Println(set)
	chosen := set.Choose(dataset.Val, set.SampleSize(dataset.Val))
	batch, err := set.Read(context.Background(), chosen, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(batch.Inputs["features"])
	// Output:
	// 4 val, 6 train, 3 classes, 4 features, group site of 3
	// float32[4,4]
}
