package stratascope_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stratascope/stratascope"
	"github.com/stratascope/stratascope/dataset"
)

// Diagnose a network on data, and say what was found for sure.
func Example() {
	model, err := stratascope.OpenModel(context.Background(), "cmd/stratascope/demo/model.onnx")
	if err != nil {
		log.Fatal(err)
	}
	set, err := stratascope.OpenData("cmd/stratascope/demo/data.npz", model, dataset.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	run, err := stratascope.Live(model, set, stratascope.LiveOptions{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	d, err := run.Diagnose(context.Background(), stratascope.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range d.Findings {
		if f.Verdict != "suspected" {
			fmt.Printf("%s %s: %s\n", f.Severity.Word, f.Site.Layer, f.Title)
		}
	}
	// Output:
	// major features.block4.conv: Stale BatchNorm statistics
	// moderate features.conv5: Dead units
}
