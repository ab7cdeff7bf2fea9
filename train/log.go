package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// logs says whether a step, 1 for the first, is written to the log.
func (t *trainer) logs(step int) bool {
	return t.options.Log != nil && (step%t.options.LogEvery == 0 || step == 1)
}

// A line of the log.
type line struct {
	Step  int     `json:"step"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// write adds a line for the steps that were taken.
func (t *trainer) write(name string, value float64) error {
	if t.options.Log == nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	text, err := json.Marshal(line{t.step, name, value})
	if err == nil {
		_, err = t.options.Log.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("the training log: %w", err)
	}
	return nil
}

// raw describes a gradient before it is changed.
type raw struct{ norm, rms, zeros, top float64 }

func (w *weight) measure() {
	w.raw = raw{norm: math.Sqrt(squares(w.g)), rms: rms(w.g)}
	zeros := 0
	for _, v := range w.g {
		if v == 0 {
			zeros++
		}
		w.raw.top = max(w.raw.top, math.Abs(float64(v)))
	}
	w.raw.zeros = float64(zeros) / float64(max(1, len(w.g)))
}

// record writes the step that was just taken, its layers in the graph's order.
func (t *trainer) record() error {
	if !t.logs(t.step) {
		return nil
	}
	var err error
	put := func(name string, value float64) {
		if err == nil {
			err = t.write(name, value)
		}
	}
	put("loss", t.loss)
	for i, v := range t.terms {
		if name := t.options.Losses[i].Name; name != "" || len(t.terms) > 1 {
			put("loss/"+or(name, fmt.Sprintf("loss%d", i+1)), v)
		}
	}
	put("learning_rate", t.rate(t.step-1))
	put("gradient_norm", t.norm)
	put("clip_factor", t.part)
	for _, l := range t.net.graph.Layers {
		i := slices.IndexFunc(t.weights, func(w *weight) bool { return w.name == t.net.tied(l.Weight) })
		if i < 0 {
			continue
		}
		w := t.weights[i]
		put("gradient_norm/"+l.Name, w.raw.norm)
		put("gradient_rms/"+l.Name, w.raw.rms)
		put("gradient_zeros/"+l.Name, w.raw.zeros)
		put("gradient_max/"+l.Name, w.raw.top)
		put("weight_norm/"+l.Name, math.Sqrt(squares(w.w)))
		if before := math.Sqrt(squares(w.before)); before > 0 {
			put("update_ratio/"+l.Name, w.moved()/before)
		}
	}
	return err
}

// moved is how far the update took the weight.
func (w *weight) moved() float64 {
	sum := 0.0
	for i, v := range w.w {
		d := float64(v) - float64(w.before[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
