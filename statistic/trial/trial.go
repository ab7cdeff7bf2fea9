// Package trial shows a few samples under other preprocessings and holds what the network says of them,
// to find out whether it is fed as it was in training.
package trial

import (
	"context"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
)

// Statistic reads the outputs under every other preprocessing.
var Statistic = &statistic.Replay[*prediction.Result]{
	Name: "trial", Version: 1,
	Reads: func(c statistic.Case, _ *statistic.Results) []capture.Request {
		var out []capture.Request
		for _, k := range keys(c) {
			out = append(out, capture.Request{View: k.View, Site: k.A})
		}
		return out
	},
	Keys: func(c statistic.Case, _ *statistic.Results) ([]statistic.Key, error) {
		if err := prediction.Classifies(c); err != nil {
			return nil, err
		}
		return keys(c), nil
	},
	Compute: func(_ context.Context, e statistic.Env) (*prediction.Result, error) {
		return prediction.From(e.Case, e.Key.View)
	},
}

// View is the view of alternative i.
func View(s dataset.Split, i int) capture.View {
	return capture.View{Split: s, Condition: capture.Condition{Name: capture.Preprocessed, Level: i + 1}, Reduce: capture.Row}
}

// Names returns the other preprocessings of a case, in the order of their numbers.
func Names(c statistic.Case) []string {
	if r, ok := c.Source.(capture.Refeeder); ok {
		return r.Alternatives()
	}
	return nil
}

func keys(c statistic.Case) []statistic.Key {
	held, ok := c.Held()
	if !ok || prediction.Classifies(c) != nil {
		return nil
	}
	var out []statistic.Key
	for i := range Names(c) {
		if v := View(held, i); c.Source.Offers(v, prediction.Site) == nil {
			out = append(out, statistic.At(v, prediction.Site))
		}
	}
	return out
}
