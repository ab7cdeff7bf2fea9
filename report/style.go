package report

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// strataColours are the tints of clear layers from input to output.
var strataColours = map[string][]string{
	"light": {"#DDD8CA", "#CFD6CF", "#BACBCB", "#A3BBC4", "#8CA8B8", "#75929F"},
	"dark":  {"#4A473F", "#3F4743", "#38474A", "#334653", "#2E4257", "#2C3D58"},
}

// fonts are the families of the page, with the weights their files hold.
var fonts = []struct{ family, file, weight string }{
	{"Source Serif 4", "source-serif.woff2", "500"},
	{"Inter", "inter.woff2", "400 600"},
	{"JetBrains Mono", "jetbrains-mono.woff2", "400 600"},
}

// style is the whole style sheet of a page: fonts, tokens for both themes, tints of the stages, rules.
func (v *view) style() (string, error) {
	var b strings.Builder
	for _, f := range fonts {
		data, err := files.ReadFile("page/fonts/" + f.file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "@font-face{font-family:%q;font-weight:%s;font-display:block;src:url(data:font/woff2;base64,%s) format(\"woff2\")}\n", f.family, f.weight, base64.StdEncoding.EncodeToString(data))
	}
	tokens, err := files.ReadFile("page/style/tokens.css")
	if err != nil {
		return "", err
	}
	light, dark, found := strings.Cut(string(tokens), `:root[data-theme="dark"] {`)
	if !found {
		return "", fmt.Errorf("tokens.css: no block for the dark theme")
	}
	dark = strings.TrimSuffix(strings.TrimSpace(dark), "}")
	n := v.core.tints
	light += ":root{" + tints(n, strataColours["light"]) + "}\n"
	dark += tints(n, strataColours["dark"])
	fmt.Fprintf(&b, "%s@media screen{:root[data-theme=\"dark\"]{%s}}\n@media screen and (prefers-color-scheme: dark){:root:not([data-theme=\"light\"]){%s}}\n", light, dark, dark)
	for i := range n {
		fmt.Fprintf(&b, ".t%d{fill:var(--t%d)}", i, i)
	}
	for _, name := range []string{"page.css", "narrow.css"} {
		css, err := files.ReadFile("page/style/" + name)
		if err != nil {
			return "", err
		}
		b.Write(css)
	}
	return minimal(b.String()), nil
}

// minimal takes the indentation out of a style sheet; it holds no text where spaces matter.
func minimal(css string) string {
	lines := strings.Split(css, "\n")
	out := lines[:0]
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" && !(strings.HasPrefix(l, "/*") && strings.HasSuffix(l, "*/")) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// tints names a colour for each of n stages, between the given ones in OKLab where their number differs.
func tints(n int, colours []string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "--t%d:%s;", i, along(colours, float64(i)/math.Max(float64(n-1), 1)))
	}
	return b.String()
}

// along is the colour at a share of the way through a row of colours.
func along(colours []string, share float64) string {
	x := share * float64(len(colours)-1)
	i := min(int(x), len(colours)-2)
	f := x - float64(i)
	if f < 1e-9 {
		return colours[i]
	}
	a, b := toOKLab(parseColour(colours[i])), toOKLab(parseColour(colours[i+1]))
	var mix [3]float64
	for k := range mix {
		mix[k] = a[k] + f*(b[k]-a[k])
	}
	return hex(fromOKLab(mix))
}
