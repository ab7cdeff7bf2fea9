package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/stratascope/stratascope/detector/all"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/report"
)

// The names of what check writes.
const (
	resultName = "stratascope.json"
	pageName   = "stratascope-report.html"
)

// A page is a file that was written.
type page struct {
	path string
	size int64
}

// ready refuses, before any work, what could not be written after it.
func (j *job) ready() error {
	dir, timings := j.settings.out, j.settings.timings
	for _, path := range []string{filepath.Join(dir, resultName), filepath.Join(dir, pageName), timings} {
		if err := j.spares(path); err != nil {
			return err
		}
	}
	if err := writable(dir); err != nil {
		return usage("--out %s: nothing can be written there: %v", dir, reason(err)).with("Elsewhere: --out DIR.")
	}
	if timings == "" {
		return nil
	}
	if err := writable(filepath.Dir(timings)); err != nil {
		return usage("--timings %s: nothing can be written there: %v", timings, reason(err))
	}
	return nil
}

// writable tries to write into a folder, or into the one that it would be made in.
func writable(dir string) error {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
		return writable(filepath.Dir(dir))
	case err != nil:
		return err
	case !st.IsDir():
		return errors.New("not a folder")
	}
	f, err := os.CreateTemp(dir, ".stratascope-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// write writes the result file and the page into the folder of --out.
func (j *job) write(d *finding.Diagnosis) (page, error) {
	dir := j.settings.out
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return page{}, input("%s: %v", dir, reason(err))
	}
	result, html := filepath.Join(dir, resultName), filepath.Join(dir, pageName)
	if err := j.writeFile(result, func(w io.Writer) error { return report.WriteJSON(w, d) }); err != nil {
		return page{}, err
	}
	if err := j.writeFile(html, func(w io.Writer) error { return report.WriteHTML(w, d, report.HTMLOptions{Manual: manual}) }); err != nil {
		return page{}, err
	}
	if err := j.writeTimings(); err != nil {
		return page{}, err
	}
	st, err := os.Stat(html)
	if err != nil {
		return page{}, err
	}
	return page{filepath.ToSlash(html), st.Size()}, nil
}

// spares refuses a path that is an input.
func (j *job) spares(path string) error {
	for _, in := range j.inputPaths() {
		if sameFile(path, in) {
			return usage("%s is an input and is not written over.", path).with("Elsewhere: --out DIR.")
		}
	}
	return nil
}

// writeFile writes a file as a whole, never over an input.
func (j *job) writeFile(path string, write func(io.Writer) error) error {
	if err := j.spares(path); err != nil {
		return err
	}
	return replace(path, write)
}

// inputPaths are the files and folders that were named as inputs.
func (j *job) inputPaths() []string {
	s := j.settings
	var out []string
	for _, p := range append([]string{j.path, s.data, s.train, s.val, s.test, s.deploy, s.labels, s.groups, s.classes, s.seen, s.initial, s.config, s.baseline}, s.references...) {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// replace puts a file in place as a whole: readers see the old one or the new one.
func replace(path string, write func(io.Writer) error) error {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return input("%s: not a regular file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".stratascope-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// writeTimings writes what the result file leaves out: times, host and paths.
func (j *job) writeTimings() error {
	if j.settings.timings == "" {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	stages := map[string]float64{}
	for _, b := range j.progress.bars {
		if !b.began.IsZero() {
			stages[b.name] = b.last.Sub(b.began).Seconds()
		}
	}
	return j.writeFile(j.settings.timings, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{
			"started": j.started.UTC().Format(time.RFC3339), "seconds": time.Since(j.started).Seconds(), "stages": stages,
			"host": host, "system": runtime.GOOS + "/" + runtime.GOARCH, "jobs": j.settings.jobs, "inputs": j.inputPaths(), "out": j.settings.out,
		})
	})
}

// manual takes the parts of a rule's manual that the page shows.
func manual(code string) report.Manual {
	for _, d := range all.Detectors() {
		if d.Code == code {
			parts := chapters(d.Doc)
			return report.Manual{Means: strings.TrimSpace(parts[""] + "\n\n" + parts["Why it hurts"]), Measured: parts["How it is measured"], Helps: parts["What helps"]}
		}
	}
	return report.Manual{}
}

// chapters cuts a manual at its second headings; what stands before the first has the name "".
func chapters(doc string) map[string]string {
	out := map[string]string{}
	name := ""
	var lines []string
	flush := func() { out[name], lines = strings.TrimSpace(strings.Join(lines, "\n")), nil }
	for _, l := range strings.Split(doc, "\n") {
		if title, ok := strings.CutPrefix(l, "## "); ok {
			flush()
			name = strings.TrimSpace(title)
		} else if !strings.HasPrefix(l, "# ") {
			lines = append(lines, l)
		}
	}
	flush()
	return out
}

// show writes the diagnosis to standard output.
func (j *job) show(d *finding.Diagnosis, p page) error {
	if j.settings.format == "json" {
		return report.WriteJSON(j.out, d)
	}
	o := j.terminal()
	o.ShowSkipped = j.settings.showSkipped
	o.ReportPath, o.ReportSize, o.Next = p.path, p.size, j.next(d)
	if _, err := fmt.Fprintln(j.out); err != nil {
		return err
	}
	return report.WriteTerminal(j.out, d, o)
}

// terminal says what standard output can show.
func (p *program) terminal() report.TerminalOptions {
	l := p.lookOf(p.out)
	return report.TerminalOptions{Width: l.width, Color: l.color, Unicode: l.unicode}
}

// next is the command to go on with, a hint.
func (j *job) next(d *finding.Diagnosis) string {
	if j.settings.quiet {
		return ""
	}
	result := filepath.ToSlash(filepath.Join(j.settings.out, resultName))
	for _, f := range d.Findings {
		if f.ExplainedBy == "" {
			return "stratascope explain " + f.Name + " --run " + quoted(result)
		}
	}
	if !j.settings.showSkipped {
		return "stratascope report " + quoted(result) + " --show-skipped"
	}
	return "stratascope rules"
}

// quoted writes a path so that a shell reads it as one word.
func quoted(s string) string {
	if strings.ContainsAny(s, " \t'\"\\$&|;<>()*?[]#~`!") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
