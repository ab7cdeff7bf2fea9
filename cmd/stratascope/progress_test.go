package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
)

// stages plays a run: a first look, two planned passes, computations, two passes that were not planned, rules.
func stages(g *progress) {
	for done := 1; done <= 256; done++ {
		g.first("val", done, 256)
	}
	for _, s := range []struct {
		stage string
		total int
	}{{"train", 400}, {"val", 300}, {"statistics", 5}, {"batch-norm/train", 400}, {"statistics", 1}, {"batch-norm/val", 300}, {"rules", 17}} {
		for done := 1; done <= s.total; done++ {
			g.step(s.stage, done, s.total)
		}
	}
	g.end()
}

var played = stratascope.Plan{Passes: []stratascope.Pass{{View: "train", Samples: 400}, {View: "val", Samples: 300}}, Replays: 6}

func TestProgressIsALineAStage(t *testing.T) {
	var b bytes.Buffer
	g := newProgress(&program{err: &b, settings: &settings{}}, played, 256)
	stages(g)
	if want := "  trials    256/256  0 s\n  features  700/700  0 s\n  probes    6/6  0 s\n  norms     700/700  0 s\n  rules     17/17  0 s\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestProgressIsRedrawnInPlace(t *testing.T) {
	var b bytes.Buffer
	g := newProgress(&program{err: &b, settings: &settings{}}, played, 256)
	g.mode, g.look.unicode = redrawn, true
	stages(g)
	screen := drawn(b.String())
	want := []string{
		"  trials    " + strings.Repeat("━", barWidth) + " 256/256  0 s",
		"  features  " + strings.Repeat("━", barWidth) + " 700/700  0 s",
		"  norms     " + strings.Repeat("━", barWidth) + " 700/700  0 s",
		"  probes    " + strings.Repeat("━", barWidth) + " 6/6  0 s",
		"  rules     " + strings.Repeat("━", barWidth) + " 17/17  0 s",
	}
	if strings.Join(screen, "\n") != strings.Join(want, "\n") {
		t.Errorf("the screen shows\n%s\nwant\n%s", strings.Join(screen, "\n"), strings.Join(want, "\n"))
	}
}

// drawn plays what was written on a screen that knows cursor up and erase line.
func drawn(s string) []string {
	var screen []string
	at := 0
	for _, line := range strings.SplitAfter(s, "\n") {
		for i := 1; i <= 9; i++ {
			if rest, ok := strings.CutPrefix(line, "\x1b["+string(rune('0'+i))+"A"); ok {
				at, line = at-i, rest
			}
		}
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\r\x1b[K"), "\n")
		if line == "" {
			continue
		}
		for len(screen) <= at {
			screen = append(screen, "")
		}
		screen[at] = line
		at++
	}
	return screen
}

func TestProgressForProgramsIsJSON(t *testing.T) {
	var b bytes.Buffer
	stages(newProgress(&program{err: &b, logFormat: "json", settings: &settings{}}, played, 256))
	for _, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		if !strings.HasPrefix(line, `{"level":"info","stage":"`) || !strings.HasSuffix(line, "}") {
			t.Errorf("line %q", line)
		}
	}
}

func TestQuietIsQuiet(t *testing.T) {
	var b bytes.Buffer
	p := &program{err: &b, settings: &settings{quiet: true}}
	stages(newProgress(p, played, 256))
	p.hint("nothing")
	if b.Len() > 0 {
		t.Errorf("it said %q", b.String())
	}
}
