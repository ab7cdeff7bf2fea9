package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/stratascope/stratascope"
)

// A progress shows how far the work is, on standard error: bars redrawn in place on a terminal, a line a
// stage elsewhere.
type progress struct {
	w     io.Writer
	mode  progressMode
	look  look
	start time.Time
	views map[string]bool // planned to be read

	mu    sync.Mutex
	bars  []*bar
	drawn int // lines on the terminal
	last  time.Time
	ended bool
}

type progressMode int

const (
	silent progressMode = iota
	lines
	redrawn
	asJSON
)

// The stages, in the order in which they are drawn.
const (
	trials   = iota // samples shown under several preprocessings, before all else
	features        // samples run through the network
	norms           // samples run through it with its normalisations re-estimated, where they were found to be off
	probes          // computations on kept values
	rules
	patched // samples run with a reference's values in the place of a layer, where one is suspected
)

// A bar is one stage.
type bar struct {
	name        string
	total       int    // planned
	open        bool   // how much it is shows only while it runs
	parts       []part // passes, or waves of computations, in their order
	began, last time.Time
	told        bool // its line was printed
}

// A part is one pass or wave.
type part struct {
	name        string
	done, total int
}

// take notes how far a part is; one that begins again is another part. Parts that were not planned make
// the whole larger.
func (b *bar) take(name string, done, total int) {
	i := len(b.parts) - 1
	if i < 0 || b.parts[i].name != name || done <= b.parts[i].done {
		b.parts = append(b.parts, part{name: name})
		i++
	}
	b.parts[i].done, b.parts[i].total = done, total
	all := 0
	for _, p := range b.parts {
		all += p.total
	}
	b.total = max(b.total, all)
}

func (b *bar) sum() int {
	n := 0
	for _, p := range b.parts {
		n += p.done
	}
	return n
}

// newProgress returns the progress of a planned run, before which some samples are tried.
func newProgress(p *program, plan stratascope.Plan, tried int) *progress {
	g := &progress{w: p.err, mode: p.progressMode(), look: p.lookOf(p.err), start: time.Now(), views: map[string]bool{}}
	for _, x := range plan.Passes {
		g.views[x.View] = true
	}
	g.bars = []*bar{trials: {name: "trials", total: tried}, features: {name: "features", total: plan.Samples()}, norms: {name: "norms", open: true},
		probes: {name: "probes", total: plan.Replays}, rules: {name: "rules"}, patched: {name: "patched", open: true}}
	return g
}

func (p *program) progressMode() progressMode {
	switch {
	case p.settings.quiet:
		return silent
	case p.logFormat == "json":
		return asJSON
	case isTerminal(p.err):
		return redrawn
	}
	return lines
}

// step takes in how far a stage is.
func (g *progress) step(stage string, done, total int) {
	switch {
	case stage == "rules":
		g.take(rules, stage, done, total)
	case stage == "statistics", strings.HasSuffix(stage, "/statistics"):
		g.take(probes, stage, done, total)
	case g.views[stage]:
		g.take(features, stage, done, total)
	case strings.HasPrefix(stage, "patched/"), strings.HasPrefix(stage, "reference-"):
		g.take(patched, stage, done, total)
	default:
		g.take(norms, stage, done, total)
	}
}

// take notes how far a bar is.
func (g *progress) take(at int, stage string, done, total int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if n := g.bars[norms]; at == rules && n.open && !n.began.IsZero() {
		n.open = false // rules come after all passes
		g.show(n, now)
	}
	b := g.bars[at]
	if b.began.IsZero() {
		b.began = now
	}
	b.take(stage, done, total)
	b.last = now
	g.show(b, now)
}

// first takes in how far the first look at the inputs is.
func (g *progress) first(stage string, done, total int) {
	if stage != "statistics" {
		g.take(trials, stage, done, total)
	}
}

// often is how often a terminal is redrawn.
const often = 100 * time.Millisecond

func (g *progress) show(b *bar, now time.Time) {
	complete := b.sum() >= b.total
	switch g.mode {
	case redrawn:
		if complete || now.Sub(g.last) >= often {
			g.last = now
			g.draw(now)
		}
	case lines:
		if complete && !b.told && !b.open {
			b.told = true
			fmt.Fprintf(g.w, "  %-10s%s  %s\n", b.name, counted(b), span(b.last.Sub(b.began)))
		}
	case asJSON:
		if complete || now.Sub(g.last) >= time.Second {
			g.last = now
			line := struct {
				Level string  `json:"level"`
				Stage string  `json:"stage"`
				Done  int     `json:"done"`
				Total int     `json:"total"`
				After float64 `json:"seconds"`
			}{"info", b.name, b.sum(), b.total, now.Sub(g.start).Round(time.Millisecond).Seconds()}
			if text, err := json.Marshal(line); err == nil {
				fmt.Fprintf(g.w, "%s\n", text)
			}
		}
	}
}

func counted(b *bar) string { return grouped(b.sum()) + "/" + grouped(b.total) }

// barWidth is how many columns a bar takes.
const barWidth = 28

// draw writes all bars over those that are there.
func (g *progress) draw(now time.Time) {
	var s strings.Builder
	if g.drawn > 0 {
		fmt.Fprintf(&s, "\x1b[%dA", g.drawn)
	}
	g.drawn = 0
	for _, b := range g.bars {
		if b.began.IsZero() {
			continue
		}
		full := barWidth * b.sum() / max(1, b.total)
		mark := "━"
		if !g.look.unicode {
			mark = "="
		}
		rest := strings.Repeat(mark, barWidth-full)
		if !g.look.unicode {
			rest = strings.Repeat(" ", barWidth-full)
		}
		fmt.Fprintf(&s, "\r\x1b[K  %-10s%s%s %s  %s\n", b.name, g.look.paint(tint, strings.Repeat(mark, full)), g.look.paint(faint, rest), counted(b), g.left(b, now))
		g.drawn++
	}
	io.WriteString(g.w, s.String())
}

// left says how long a stage took, or how long it will go on.
func (g *progress) left(b *bar, now time.Time) string {
	n := b.sum()
	if n >= b.total {
		return span(b.last.Sub(b.began))
	}
	if n == 0 || now.Sub(b.began) < time.Second {
		return ""
	}
	return span(time.Duration(float64(now.Sub(b.began))*float64(b.total-n)/float64(n))) + " left"
}

// end draws the last state.
func (g *progress) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return
	}
	g.ended = true
	for _, b := range g.bars {
		b.open = false
		b.total = b.sum() // what was planned and not needed, or done by an earlier run, is over
		if g.mode == lines && !b.told && b.total > 0 {
			g.show(b, b.last)
		}
	}
	if g.mode == redrawn {
		g.draw(time.Now())
	}
}
