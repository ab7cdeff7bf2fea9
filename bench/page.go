package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/stratascope/stratascope/internal/kernel"
)

// A table is one section's numbers.
type table struct {
	title, note string
	head        []string
	rows        [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", t.title)
	if t.note != "" {
		fmt.Fprintf(&b, "%s\n\n", t.note)
	}
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	b.WriteString(strings.Repeat("|---", len(t.head)) + "|\n")
	for _, r := range t.rows {
		line(r)
	}
	return b.String()
}

// page writes what was measured, on what and under which load.
func (b *bench) page(started time.Time, before string, tables []table) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# Speed beside peers, %s\n\n", started.Format("2006-01-02"))
	fmt.Fprintf(&w, "%s, %d %s; %s; kernels %s. Load average before: %s, after: %s, in %s.\n", processor(), processors(), plural(processors(), "processor"),
		goVersion(), kernel.Name(), before, load(), time.Since(started).Round(time.Second))
	fmt.Fprintf(&w, "Times are medians (smallest..largest) of %d rounds in which the sides take turns. Ratios are of medians, by wall clock and, in brackets, by processor time, which a busy machine changes less.\n\n", b.rounds)
	for _, l := range b.peers.lines {
		fmt.Fprintf(&w, "- %s\n", l)
	}
	for _, t := range tables {
		fmt.Fprintf(&w, "\n%s", t)
	}
	return w.String()
}

// verdict says whether an aim holds.
func verdict(aim string, met bool) string {
	if met {
		return aim + ": met"
	}
	return aim + ": **missed**"
}

func pair(wall, cpu float64) string { return fmt.Sprintf("%.2f (%.2f)", wall, cpu) }

// absent stands in a table where a peer was left out.
const absent = "–"
