//go:build ignore

// Gen writes docs/operators.md: which operators the native engine runs, how many of their official vectors
// pass, from the lists in testdata, and which are refused.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/op"
)

// A row is one operator of the page.
type row struct {
	name        string
	native      bool
	gradient    string
	passed, all int
	ort         int // passed by ONNX Runtime
	reasons     []string
}

const head = `# Operators

Generated from testdata of engine/enginetest; do not edit. A model is brought to opset 20 when it is read
(operators that are newer than that keep their own meaning). **native** says whether the pure Go engine runs
the operator; **gradient** whether package graph/grad can differentiate it: zero is a derivative that is zero
wherever it exists, straight-through one that takes rounding for the identity, and gives nothing where the range of the whole
numbers cuts off. The vectors are those of ONNX itself: Debian's libonnx-testdata 1.12.0 and the node tests of
the onnx package 1.23.2. A vector counts for an operator when its model has no other operator than that one
and constants. What they leave out, every opset from 7 on among it, is compared with ONNX Runtime 1.32.0.
**by ort** are those that pass in ONNX Runtime 1.32.0, which a build with the tag ort runs (` + "`--engine ort`" + `): it is given the
canonical form, written as a model again.

| operator | native | gradient | vectors passed | by ort | of |
|---|---|---|---:|---:|---:|
`

const stops = `
## What is refused, and why

A network is examined up to the first layer that needs an operator of this list; the message names the layer, the
operator and the opset of its domain. ` + "`stratascope doctor MODEL`" + ` lists all such operators of a model.

`

// upgraded are operators that Import replaces by others, with the gradient that those have.
var upgraded = map[string]string{"CausalConvWithState": "yes", "Constant": "zero", "Scatter": "yes", "SequenceInsert": "yes", "Upsample": "yes",
	"ai.onnx.ml.ArrayFeatureExtractor": "yes", "ai.onnx.ml.Binarizer": "zero"}

// refusals say why operators are not there.
var refusals = []struct{ what, why string }{
	{"Bernoulli, Multinomial, RandomNormal, RandomNormalLike, RandomUniform, RandomUniformLike, Dropout in training mode",
		"they draw random numbers, and the same input has to give the same result"},
	{"Optional, OptionalGetElement, OptionalHasElement, SequenceMap, and sequences that are inputs or outputs or whose length is not known",
		"every value is one tensor; other lists, and loops over them, are written out when a model is read"},
	{"StringConcat, StringNormalizer, StringSplit, RegexFullMatch, TfIdfVectorizer", "they prepare text, before the first layer; give the network what they make of it"},
	{"ImageDecoder", "it reads picture files; give pixels"},
	{"the other operators of ai.onnx.ml", "trees, support vectors and tables of labels have no layers"},
	{"ai.onnx.preview.training", "they are steps of a training, not of a network"},
	{"ai.onnx.preview.FlexAttention", "it is a preview that no exporter writes yet"},
}

// remarks say where a vector is what is at fault.
var remarks = map[string]string{
	"Cast":     " (Debian's vector holds the bits of bfloat16 as uint16)",
	"CastLike": " (Debian's vector holds the bits of bfloat16 as uint16)",
	"DFT":      " (the vector holds rounding errors of float32 where the result is 0)",
	"PRelu":    " (a vector of opset 6; opset 7 broadcasts otherwise)",
}

// rewritten lists the bare names of what Import rewrites of a domain.
func rewritten(domain string) (names []string) {
	for _, n := range canonical.Rewritten() {
		if bare, ok := strings.CutPrefix(n, domain+"."); ok {
			names = append(names, bare)
		}
	}
	return names
}

func main() {
	rows := map[string]*row{}
	at := func(name string) *row {
		if rows[name] == nil {
			domain, bare := "", name
			if i := strings.LastIndex(name, "."); i >= 0 {
				domain, bare = name[:i], name[i+1:]
			}
			_, ok := op.Lookup(domain, bare)
			ok = ok || upgraded[name] != "" || slices.Contains(canonical.Rewritten(), name)
			rows[name] = &row{name: name, native: ok || (&graph.Node{Domain: domain, Op: bare}).Control(), gradient: grad.Kind(domain, bare)}
			if kind := upgraded[name]; kind != "" {
				rows[name].gradient = kind
			}
		}
		return rows[name]
	}
	for _, o := range op.All() {
		at(strings.TrimPrefix(o.Domain+"."+o.Name, "."))
	}
	several := &row{}
	passed := count("testdata/passing.txt", several, at, true)
	failed := count("testdata/missing.txt", several, at, false)
	byOrt := countOrt(several, at)

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
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d |\n", n, yes, r.gradient, r.passed, r.ort, r.all)
	}
	fmt.Fprintf(&b, "\n%d of %d operators run; %d of %d vectors pass, among them %d of %d of several operators. ONNX Runtime passes %d, and %d of those.\n",
		runs, len(names), passed, passed+failed, several.passed, several.all, byOrt, several.ort)
	for _, d := range []string{"com.microsoft", "ai.onnx.ml"} {
		fmt.Fprintf(&b, "\nOf %s these are written in ONNX's operators when a model is read: %s.\n", d, strings.Join(rewritten(d), ", "))
	}
	b.WriteString(stops)
	for _, r := range refusals {
		fmt.Fprintf(&b, "- %s: %s.\n", r.what, r.why)
	}
	b.WriteString("\n## What does not pass of operators that run\n\n")
	for _, n := range names {
		if !rows[n].native {
			continue
		}
		for _, reason := range rows[n].reasons {
			fmt.Fprintf(&b, "- %s: %s%s\n", n, reason, remarks[n])
		}
	}
	if err := os.WriteFile("../../docs/operators.md", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// rowOf returns the row that a vector with these operators counts for.
func rowOf(ops string, several *row, at func(string) *row) *row {
	list := slices.DeleteFunc(strings.Split(ops, ","), func(n string) bool { return n == "Constant" })
	if len(list) == 1 && list[0] != "unreadable" {
		return at(list[0])
	}
	return several
}

// countOrt adds the vectors that ONNX Runtime passes.
func countOrt(several *row, at func(string) *row) int {
	text, err := os.ReadFile("testdata/ort/passing.txt")
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		rowOf(strings.Split(line, "\t")[1], several, at).ort++
	}
	return len(lines)
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
		r := rowOf(columns[1], several, at)
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
