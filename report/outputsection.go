package report

import (
	"fmt"
	"html/template"
	"sort"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// reliabilityHigh is the height of the reliability chart.
const reliabilityHigh = 220.0

// mostClasses is how many classes the page lists; the result file holds them all.
const mostClasses = 24

// outputsSection is what is known about the network's output.
func outputsSection(v *view) (*section, error) {
	o := v.Outputs
	if o == nil {
		return nil, nil
	}
	classes, left := classLines(o.PerClass)
	body, err := v.render("outputs.tmpl", map[string]any{"Reliability": reliability(o.Reliability), "Says": reliabilitySays(o.Reliability), "Error": calibrationError(o.Metrics), "Metrics": metricLines(o.Metrics), "Classes": classes, "Left": left})
	note := ""
	if v.Run.Data.Val > 0 {
		note = plural(v.Run.Data.Val, "validation sample")
	}
	return &section{ID: "outputs", Title: "Outputs", Note: note, Body: body}, err
}

func calibrationError(metrics []finding.Metric) string {
	for _, m := range metrics {
		if n := strings.ToLower(m.Name); strings.Contains(n, "calibration") || n == "ece" {
			return decimals(m.Value, 3)
		}
	}
	return ""
}

type metricLine struct{ Name, Split, Count, Value, Range string }

func metricLines(metrics []finding.Metric) []metricLine {
	var out []metricLine
	for _, m := range metrics {
		l := metricLine{Name: capital(m.Name), Split: m.Split, Count: plural(m.N, "sample"), Range: "–"}
		digits := 3
		if m.Low != nil && m.High != nil {
			digits = digitsFor(*m.High - *m.Low)
		}
		l.Value = decimals(m.Value, digits)
		if m.Low != nil && m.High != nil {
			l.Range = decimals(*m.Low, digits) + " to " + decimals(*m.High, digits)
		}
		out = append(out, l)
	}
	return out
}

type classLine struct{ Name, Count, Recall, Range, Precision string }

// classLines lists the classes, the worst recall first where there are too many to list.
func classLines(classes []finding.PerClass) (out []classLine, left string) {
	if len(classes) > mostClasses {
		classes = append([]finding.PerClass(nil), classes...)
		sort.SliceStable(classes, func(i, j int) bool { return classes[i].Recall < classes[j].Recall })
		left = fmt.Sprintf("the %d classes with the lowest recall of %d", mostClasses, len(classes))
		classes = classes[:mostClasses]
	}
	for _, c := range classes {
		l := classLine{Name: c.Class, Count: count(c.N), Recall: decimals(c.Recall, 2), Range: decimals(c.RecallLow, 2) + " to " + decimals(c.RecallHigh, 2), Precision: "–"}
		if c.Precision != nil {
			l.Precision = decimals(*c.Precision, 2)
		}
		out = append(out, l)
	}
	return out, left
}

// reliability draws accuracy against confidence: the gap to the diagonal is stained, major where the network is too
// sure, minor where it is not sure enough.
func reliability(bins []finding.Bin) template.HTML {
	if len(bins) == 0 {
		return ""
	}
	d := &drawing{}
	for k := range 5 {
		y := reliabilityHigh * (1 - float64(k)/4)
		d.add(`<line class="rule" x2="100%%" y1="%v" y2="%v"/>`, y, y)
		d.text("-8", y+4, "tick", "end", fmt.Sprint(25*k))
		d.text(fmt.Sprint(25*k)+"%", reliabilityHigh+16, "tick", "middle", fmt.Sprint(25*k))
	}
	even := evenBins(bins)
	for i, b := range bins {
		switch wide := 100 / float64(len(bins)); {
		case b.Count == 0:
		case even:
			d.bin(b, (float64(i)+0.12)*wide, 0.76*wide)
		default: // bins of equal counts crowd where the network is sure: narrow bars where they lie
			d.bin(b, 100*unit(b.Confidence)-0.7, 1.4)
		}
	}
	d.add(`<line class="ideal" x1="0" y1="%v" x2="100%%" y2="0"/>`, reliabilityHigh)
	return d.html()
}

// evenBins says whether the bins cut the confidences into equal parts, so that bars can stand side by side.
func evenBins(bins []finding.Bin) bool {
	n := float64(len(bins))
	for i, b := range bins {
		if b.Count > 0 && (b.Confidence < float64(i)/n-1e-9 || b.Confidence > float64(i+1)/n+1e-9) {
			return false
		}
	}
	return true
}

func (d *drawing) bin(b finding.Bin, x, wide float64) {
	acc, sure := unit(b.Accuracy), unit(b.Confidence)
	low, word := acc, "major"
	if acc > sure {
		low, word = sure, "minor"
	}
	d.add(`<g><title>%d samples, sure %v, right %v</title>`, b.Count, percent(sure), percent(acc))
	d.add(`<rect class="acc" x="%v%%" width="%v%%" y="%v" height="%v"/>`, x, wide, reliabilityHigh*(1-acc), reliabilityHigh*acc)
	high := sure + acc - low
	d.add(`<rect class="miss s-%v" x="%v%%" width="%v%%" y="%v" height="%v"/>`, word, x, wide, reliabilityHigh*(1-high), reliabilityHigh*(high-low))
	d.add(`<line class="edge" x1="%v%%" x2="%v%%" y1="%v" y2="%v"/>`, x, x+wide, reliabilityHigh*(1-acc), reliabilityHigh*(1-acc))
	d.add(`<line class="whisker" x1="%v%%" x2="%v%%" y1="%v" y2="%v"/></g>`, x+wide/2, x+wide/2, reliabilityHigh*(1-unit(b.Low)), reliabilityHigh*(1-unit(b.High)))
}

func reliabilitySays(bins []finding.Bin) string {
	var parts []string
	for _, b := range bins {
		if b.Count > 0 {
			parts = append(parts, fmt.Sprintf("sure %s: right %s of %d", percent(b.Confidence), percent(b.Accuracy), b.Count))
		}
	}
	return "Reliability. " + strings.Join(parts, "; ") + "."
}
