//go:build ignore

// Gen writes docs/operators.md: which operators the native engine runs and how many of their official
// vectors pass, from the lists in testdata.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
)

// A row is one operator of the page.
type row struct {
	name        string
	native      bool
	gradient    string
	passed, all int
	reasons     []string
}

const head = `# Operators

Generated from testdata of engine/enginetest; do not edit. A model is brought to opset 20 when it is read
(operators that are newer than that keep their own meaning). **native** says whether the pure Go engine runs
the operator; **gradient** whether package graph/grad can differentiate it: zero is a derivative that is zero
wherever it exists. The vectors are those of ONNX itself: Debian's libonnx-testdata 1.12.0 and the node tests of
the onnx package 1.23.2. A vector counts for an operator when its model has no other operator than that one
and constants.

| operator | native | gradient | vectors passed | of |
|---|---|---|---:|---:|
`

func main() {
	rows := map[string]*row{}
	at := func(name string) *row {
		if rows[name] == nil {
			domain, bare := "", name
			if i := strings.LastIndex(name, "."); i >= 0 {
				domain, bare = name[:i], name[i+1:]
			}
			_, ok := op.Lookup(domain, bare)
			rows[name] = &row{name: name, native: ok || (&graph.Node{Domain: domain, Op: bare}).Control()}
		}
		return rows[name]
	}
	for _, o := range op.All() {
		at(strings.TrimPrefix(o.Domain+"."+o.Name, "."))
	}
	several := &row{}
	passed := count("testdata/passing.txt", several, at, true)
	failed := count("testdata/missing.txt", several, at, false)

	var names []string
	for n := range rows {
		names = append(names, n)
	}
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteString(head)
	runs := 0
	for _, n := range names {
		r := rows[n]
		yes := "no"
		if r.native {
			yes = "yes"
			runs++
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d |\n", n, yes, r.passed, r.all)
	}
	fmt.Fprintf(&b, "\n%d of %d operators run; %d of %d vectors pass, among them %d of %d of several operators.\n",
		runs, len(names), passed, passed+failed, several.passed, several.all)
	b.WriteString("\n## What does not pass, and why\n\n")
	for _, n := range names {
		for _, reason := range rows[n].reasons {
			fmt.Fprintf(&b, "- %s: %s\n", n, reason)
		}
	}
	if err := os.WriteFile("../../docs/operators.md", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// count adds the vectors of a list to the rows of their operators.
func count(path string, several *row, at func(string) *row, pass bool) int {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		columns := strings.Split(line, "\t")
		ops := slices.DeleteFunc(strings.Split(columns[1], ","), func(n string) bool { return n == "Constant" })
		r := several
		if len(ops) == 1 && ops[0] != "unreadable" {
			r = at(ops[0])
		}
		r.all++
		if pass {
			r.passed++
			continue
		}
		if reason := why(columns[2]); !slices.Contains(r.reasons, reason) {
			r.reasons = append(r.reasons, reason)
		}
	}
	return len(lines)
}

// why shortens a message to its cause.
func why(message string) string {
	if strings.Contains(message, "which Stratascope cannot run yet") {
		return "not written yet"
	}
	if i := strings.Index(message, "): "); i >= 0 && strings.HasPrefix(message, "node ") {
		message = message[i+3:]
	}
	return message
}
