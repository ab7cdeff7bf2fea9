// Command coverage measures whether intervals and tests of layers keep what they promise, and prints a
// page in Markdown: how often 90 % intervals hold the truth over samples drawn anew, and how often tests at 5 % reject
// layers that have nothing in common.
//
//	go run ./internal/coverage >docs/coverage.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
)

type settings struct {
	samplings, families int
	workers             int
	only                string
}

func main() {
	var s settings
	flag.IntVar(&s.samplings, "samplings", 200, "samples drawn anew for the coverage of intervals")
	flag.IntVar(&s.families, "families", 1000, "families of unrelated layers for the level of tests")
	flag.IntVar(&s.workers, "workers", runtime.NumCPU(), "samplings and families at once")
	flag.StringVar(&s.only, "only", "", "the lines of measures or tests whose name holds it, in place of all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, s settings) error {
	fmt.Fprintf(w, `# Do intervals and tests keep what they promise?

## Intervals

Eight layers of 8 to 60 units are drawn, each a mixture of the one before it with noise, so that their 28 pairs are alike by little to
much. Of the same population %d samples are drawn, and each time all pairs get their 90 %% intervals. *Coverage* is the share of
intervals that hold the truth, over all pairs, with the least and the most covered pair; it should be 0.87 to 0.93. For debiased and
deconfounded CKA, differences and read alignment the truth is the population's value, from its covariances. The other measures change with the
number of samples, and the truth is what they give on average for as many samples. What two groups of samples do together counts twice in the jackknife's
variance; the estimate of it that is taken off is at most half, and rates of 200 samplings have an error of 0.02 themselves.

- Deconfounded CKA is that of the other layers without the first. Differences are those of two successive links, and of a link and the bridge over it and the next.
- Ridge R² has intervals in links, of a layer and the one before. From three or more layers before, R² is 0.07 to 0, and mostly below 0.001: there the
  penalty chosen varies from sample to sample, which the jackknife does not see, since it keeps what was chosen.
- Read alignment is measured with the weights by which the next layer reads, -0.1 to 0.9, and with the layer's own covariance as weights, from 0.97. So near
  to 1 hardly any spread is left beside a ratio's bias of order 1/n: there it is up to two errors too high.

| measure | layers | n | form | coverage | from – to |
|---|---|---|---|---|---|
`, s.samplings)
	for _, c := range coverages() {
		if !strings.Contains(c.measure.name, s.only) {
			continue
		}
		got, err := c.run(ctx, s)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("| %s | %s | %d | %s | %.3f | %.3f – %.3f |\n", c.measure.name, c.population.name, c.n, c.form, got.mean, got.least, got.most)
		fmt.Fprint(os.Stderr, line)
		fmt.Fprint(w, line)
	}
	fmt.Fprintf(w, `
## Tests

Six layers of 3 to 100 units that have nothing in common are drawn %d times. *Rejected* is the share of their 15 pairs whose p is at most
0.05, with its standard error over families; it should be 4 to 6 %%. *Any* is the share of families of which any pair is rejected:
0.05 is what is promised where p holds for the family.

| test | layers | n | rejected, %% | any, %% |
|---|---|---|---|---|
`, s.families)
	for _, l := range levels() {
		if !strings.Contains(l.name, s.only) {
			continue
		}
		got, err := l.run(ctx, s)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("| %s | %s | %d | %.2f ± %.2f | %.1f ± %.1f |\n", l.name, l.noise.name, l.n, 100*got.pairs.Value, 100*got.pairs.SE, 100*got.any.Value, 100*got.any.SE)
		fmt.Fprint(os.Stderr, line)
		fmt.Fprint(w, line)
	}
	fmt.Fprintf(w, "\nMade by `go run ./internal/coverage -samplings %d -families %d`.\n", s.samplings, s.families)
	return nil
}
