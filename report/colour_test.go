package report

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/finding"
)

var token = regexp.MustCompile(`--([a-z0-9-]+): (#[0-9A-Fa-f]{6});`)

// tokens reads the colours of both themes from the style sheet.
func tokens(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := files.ReadFile("page/style/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), `[data-theme="dark"]`)
	if !ok {
		t.Fatal("no dark theme in tokens.css")
	}
	out := map[string]map[string]string{"light": {}, "dark": {}}
	for theme, block := range map[string]string{"light": light, "dark": dark} {
		for _, m := range token.FindAllStringSubmatch(block, -1) {
			out[theme][m[1]] = m[2]
		}
	}
	return out
}

// contrast is the ratio of WCAG 2.2.
func contrast(a, b string) float64 {
	luminance := func(s string) float64 {
		c := parseColour(s)
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	for theme, c := range tokens(t) {
		for _, k := range []struct {
			ink, ground string
			least       float64
		}{
			{"ink", "paper", 15}, {"ink-2", "paper", 7}, {"ink-3", "paper", 4.5}, {"ink", "surface", 14}, {"ink-2", "surface", 7}, {"ink-3", "surface", 4.5},
			{"ink", "sunk", 7}, {"ink-2", "sunk", 4.5}, {"ink-3", "sunk", 4.5}, {"better", "paper", 3},
			{"critical", "paper", 3}, {"major", "paper", 3}, {"moderate", "paper", 3}, {"minor", "paper", 3}, {"paper", "ink", 4.5},
		} {
			if got := contrast(c[k.ink], c[k.ground]); got < k.least {
				t.Errorf("%s: %s on %s has %.2f, want %.1f", theme, k.ink, k.ground, got, k.least)
			}
		}
	}
}

// The matrices of full dichromacy, on linear sRGB (Machado, Oliveira, Fernandes 2009, table 1, severity 1.0).
var sight = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// seen is a colour as that kind of sight has it, not cut to the screen: a distance is wanted, not a picture.
func seen(c [3]float64, m [3][3]float64) [3]float64 {
	var out [3]float64
	for i := range out {
		for j := range c {
			out[i] += m[i][j] * c[j]
		}
	}
	return out
}

// The severities and "better" stay apart for every kind of sight. The numbers are those of the design.
func TestSeveritiesStayApart(t *testing.T) {
	want := map[string]map[string]float64{
		"light": {"normal": 11.3, "deuteranopia": 8.3, "protanopia": 11.2, "tritanopia": 9.2},
		"dark":  {"normal": 17.1, "deuteranopia": 11.5, "protanopia": 14.3, "tritanopia": 11.6},
	}
	names := []string{"critical", "major", "moderate", "minor", "better"}
	for theme, c := range tokens(t) {
		for kind, m := range sight {
			least := math.Inf(1)
			for i, a := range names {
				for _, b := range names[i+1:] {
					x, y := toOKLab(seen(parseColour(c[a]), m)), toOKLab(seen(parseColour(c[b]), m))
					least = math.Min(least, 100*math.Sqrt((x[0]-y[0])*(x[0]-y[0])+(x[1]-y[1])*(x[1]-y[1])+(x[2]-y[2])*(x[2]-y[2])))
				}
			}
			if math.Abs(least-want[theme][kind]) > 0.15 {
				t.Errorf("%s, %s: the nearest two are %.1f apart, the design says %.1f", theme, kind, least, want[theme][kind])
			}
		}
	}
}

func TestRampsAreMonotone(t *testing.T) {
	for theme, sign := range map[string]float64{"light": -1, "dark": 1} {
		last := math.Inf(-1)
		for _, c := range ramps[theme] {
			l := sign * toOKLab(parseColour(c))[0]
			if l <= last {
				t.Errorf("%s: lightness turns back at %s", theme, c)
			}
			last = l
		}
	}
}

func TestOKLabGoesThereAndBack(t *testing.T) {
	for _, c := range []string{"#000000", "#ffffff", "#8a0f3c", "#3a86bd", "#00ff00"} {
		if got := hex(fromOKLab(toOKLab(parseColour(c)))); got != c {
			t.Errorf("%s comes back as %s", c, got)
		}
	}
	// Ottosson 2020, table of examples: white is (1, 0, 0).
	if w := toOKLab(parseColour("#ffffff")); math.Abs(w[0]-1) > 1e-3 || math.Abs(w[1]) > 1e-3 || math.Abs(w[2]) > 1e-3 {
		t.Errorf("white is %v, want (1, 0, 0)", w)
	}
}

// The terminal's colours are the dark theme's.
func TestTerminalUsesTheDarkTokens(t *testing.T) {
	dark := tokens(t)["dark"]
	for _, w := range finding.Words() {
		if !strings.EqualFold(colours[string(w)].token, dark[string(w)]) {
			t.Errorf("%s is %s in the terminal, %s on the page", w, colours[string(w)].token, dark[string(w)])
		}
	}
}
