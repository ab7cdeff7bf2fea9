package trial

import (
	"testing"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/internal/plant"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/statistic/prediction"
	"github.com/stratascope/stratascope/statistic/statistictest"
)

func collect(t *testing.T, c statistic.Case) *statistic.Results {
	t.Helper()
	r, err := statistic.Collect(t.Context(), c, []statistic.Any{Statistic, prediction.Statistic}, statistic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A network fed samples of another scale is right again under the other preprocessing.
func TestTheOtherPreprocessingIsTried(t *testing.T) {
	right := func(view capture.View, f ...plant.Flaw) int {
		c := plant.New(1, f...).Case()
		r := collect(t, c)
		p, err := prediction.Statistic.At(r, view, prediction.Site)
		if view.Condition != (capture.Condition{}) {
			p, err = Statistic.At(r, view, prediction.Site)
		}
		if err != nil {
			t.Fatal(err)
		}
		n, _ := p.Accuracy()
		return n
	}
	healthy := right(prediction.View(dataset.Val))
	wrong := right(prediction.View(dataset.Val), plant.Rescaled(8))
	other := right(View(dataset.Val, 0), plant.Rescaled(8))
	if other != healthy || wrong >= healthy {
		t.Errorf("%d right as fed, %d under the other preprocessing, want %d as in health", wrong, other, healthy)
	}
}

func TestWithoutOthersThereIsNothing(t *testing.T) {
	c := plant.New(1).Case()
	if n := Names(c); len(n) != 0 {
		t.Errorf("others: %v", n)
	}
	if ks := collect(t, c).Keys(Statistic); len(ks) != 0 {
		t.Errorf("results: %v", ks)
	}
	if n := Names(statistic.Case{Source: &statistictest.Given{}}); n != nil {
		t.Errorf("others of a recording: %v", n)
	}
}
