package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

//go:generate go run ./page/bundle/write

//go:embed page/*.tmpl page/style/*.css page/fonts/*.woff2 page/script/bundle.js
var files embed.FS

// HTMLOptions are the choices of a page.
type HTMLOptions struct {
	// Manual gives what the manual of a rule says, by its code. Nil, or a Manual without text, leaves it out.
	Manual func(code string) Manual
}

// A Manual is the part of a rule's manual that a page shows.
type Manual struct {
	Means    string // what the flaw is and why it hurts
	Measured string // how it is measured
	Helps    string // what helps
}

// A section is a part of the page under the verdict.
type section struct {
	ID, Title string
	Note      any // text, or markup of our own
	End, Body template.HTML
	Bare      bool // it draws its own heading
}

// A view is what the sections are made from.
type view struct {
	*finding.Diagnosis
	options HTMLOptions
	core    *core
	tracks  []track // all of them; the map draws the first ones
	pairs   *pairs  // nil without similarities
	pages   *template.Template
}

// sections lists the parts of the page in their order. A new part is a function in a file of its own and a line here.
var sections = []func(*view) (*section, error){mapSection, findingsSection, similaritySection, outputsSection, notAssessedSection}

// WriteHTML writes the report as one page that needs nothing else: styles, fonts, script and data are in it, and its
// content security policy lets no request leave. It is readable without scripts.
func WriteHTML(w io.Writer, d *finding.Diagnosis, options HTMLOptions) error {
	v, err := newView(d, options)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var parts []*section
	for _, make := range sections {
		s, err := make(v)
		if err != nil {
			return fmt.Errorf("page: %w", err)
		}
		if s != nil {
			parts = append(parts, s)
		}
	}
	head, err := v.head(parts)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var b bytes.Buffer
	if err := v.pages.ExecuteTemplate(&b, "page.tmpl", head); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func newView(d *finding.Diagnosis, options HTMLOptions) (*view, error) {
	if err := finite(d); err != nil {
		return nil, err
	}
	d = cleaned(d)
	v := &view{Diagnosis: d, options: options, core: newCore(d), tracks: tracksOf(d)}
	var err error
	if v.pairs, err = newPairs(d, v.core); err != nil {
		return nil, err
	}
	v.pages, err = template.ParseFS(files, "page/*.tmpl")
	return v, err
}

// render fills the template of a section.
func (v *view) render(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	err := v.pages.ExecuteTemplate(&b, name, data)
	return template.HTML(b.String()), err // html/template escaped it
}

// shown are the tracks that the map draws.
func (v *view) shown() []track { return v.tracks[:min(len(v.tracks), firstTracks)] }

// head collects what the frame of the page shows.
func (v *view) head(parts []*section) (map[string]any, error) {
	style, err := v.style()
	if err != nil {
		return nil, err
	}
	script, err := files.ReadFile("page/script/bundle.js")
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(v.data()) // escapes <, > and &, so that no name ends the script
	if err != nil {
		return nil, err
	}
	mark, word, worst := v.worst()
	return map[string]any{
		"Policy": "default-src 'none'; img-src data:; font-src data:; style-src " + hashOf(style) + "; script-src " + hashOf(string(script)) + "; base-uri 'none'; form-action 'none'",
		"Model":  v.Run.Model.Name, "Advice": adviceWords(v.Verdict.Advice), "Style": template.CSS(style), // our own
		"Sections": parts, "Mark": mark, "Word": word, "Worst": worst, "Coverage": coverageWords(v.Verdict.Coverage),
		"Sentence": unbroken(v.Verdict.Sentence), "Detail": unbroken(v.Verdict.Detail), "Families": v.families(), "Stains": stains,
		"Foot": v.foot(), "Notes": v.Run.Notes, "Data": template.JS(data), "Script": template.JS(script), // escaped, and our own
	}, nil
}

func hashOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

func coverageWords(c float64) string {
	if c < 0.5 {
		return "coverage " + decimals(c, 2) + ": not enough was measured"
	}
	return "coverage " + decimals(c, 2)
}

// stains are the strengths of a severity over the strata, from the cap down.
var stains = []struct {
	Word     finding.Word
	From, To float64
}{{finding.Critical, 0.92, 0.6}, {finding.Major, 0.66, 0.3}, {finding.Moderate, 0.62, 0.24}, {finding.Minor, 0.5, 0.12}}

// worst is what stands in the grade's place while grades are not calibrated: the mark of the worst family, and its name
// (METHODS 11.3).
func (v *view) worst() (mark template.HTML, word, family string) {
	for _, f := range v.sortedFamilies() {
		if f.Severity != nil && f.State == finding.Flawed {
			w := finding.WordOf(f.Severity.Value)
			return template.HTML(shape(w, false)), capital(string(w)), "worst: " + short(f.Title, 40) // no text in the shape
		}
	}
	if v.Verdict.Advice == finding.CannotTell {
		return `<g transform="scale(.25)"><rect x="-21" y="-21" width="42" height="42" fill="url(#hatch)"/></g>`, "Not assessed", ""
	}
	return template.HTML(shape(finding.None, false)), "No flaw", "" // no text in the shape
}

// sortedFamilies lists the families worst first, then the clear ones, then those not assessed.
func (v *view) sortedFamilies() []finding.Family {
	out := append([]finding.Family(nil), v.Families...)
	rank := func(f finding.Family) float64 {
		switch {
		case f.State == finding.NotAssessed:
			return -2
		case f.Severity == nil || f.State == finding.StateClear:
			return -1
		}
		return f.Severity.Value
	}
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i]) > rank(out[j]) })
	return out
}

type familyLine struct {
	Title, Number, State, Reason string
	Full                         int
	Word                         finding.Word
	Hatched                      bool
}

func (v *view) families() []familyLine {
	var out []familyLine
	for _, f := range v.sortedFamilies() {
		l := familyLine{Title: f.Title, State: strings.ReplaceAll(string(f.State), "-", " "), Reason: f.Reason, Hatched: f.State == finding.NotAssessed || f.State == finding.Inconclusive}
		if f.Severity != nil && f.State == finding.Flawed {
			l.Full, l.Word, l.Number = int(math.Round(f.Severity.Value)), finding.WordOf(f.Severity.Value), decimals(f.Severity.Value, 0)
		}
		out = append(out, l)
	}
	return out
}

func (v *view) foot() string {
	r := v.Run
	parts := []string{r.Tool, "engine " + r.Engine}
	if r.Kernel != "" {
		parts = append(parts, "kernel "+r.Kernel)
	}
	parts = append(parts, fmt.Sprintf("seed %d", r.Seed))
	if r.Model.SHA256 != "" {
		parts = append(parts, "model sha256 "+short(r.Model.SHA256, 17))
	}
	if r.Data.Name != "" {
		parts = append(parts, "data "+r.Data.Name)
	}
	if n := r.Data.Train + r.Data.Val; n > 0 {
		parts = append(parts, count(r.Data.Val)+" validation and "+count(r.Data.Train)+" training samples")
	}
	return strings.Join(parts, " · ")
}
