package main

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/similarity"
)

// features are n samples of layers of these widths that share some of their variation, layer after layer.
func features(n int, widths []int) []float32 {
	const shared = 16
	z := normal(100, n*shared)
	var x []float32
	for l, d := range widths {
		w, noise := normal(uint64(200+l), shared*d), normal(uint64(1000+l), n*d)
		for i := range n {
			row := noise[i*d : (i+1)*d]
			for j := range row {
				row[j] *= 4 * float32(l+1) / float32(len(widths))
			}
			for k, v := range z[i*shared : (i+1)*shared] {
				for j, u := range w[k*d : (k+1)*d] {
					row[j] += v * u
				}
			}
		}
		x = append(x, noise...)
	}
	return x
}

func matrices(x []float32, n int, widths []int) []similarity.Matrix {
	var out []similarity.Matrix
	for _, d := range widths {
		out = append(out, similarity.Matrix{X: x[:n*d], N: n, D: d})
		x = x[n*d:]
	}
	return out
}

func same(count, width int) []int { return slices.Repeat([]int{width}, count) }

// A likeness is one way to compare all layers, on values of its own.
type likeness struct {
	form   string
	n      int
	widths []int
	batch  int
	rounds int
	slow   bool // torch-cka is timed too
}

func likenesses(short bool) []likeness {
	if short {
		return []likeness{{"blocks", 1500, same(10, 256), 256, 2, true}, {"exact", 512, same(10, 256), 512, 2, false}}
	}
	var mixed []int // 64 to 4,096 units
	for _, d := range []int{64, 128, 256, 512, 1024, 2048} {
		mixed = append(mixed, d, d, d)
	}
	return []likeness{{"blocks", 5000, same(50, 512), 256, 11, true}, {"blocks, mixed widths", 10000, append(mixed, 4096, 4096), 256, 5, false}, {"exact", 2048, same(50, 512), 2048, 3, false}}
}

// similarities times CKA of all pairs of layers, with the jackknife intervals that the peers do not give.
func similarities(b *bench) ([]table, error) {
	t := table{title: "CKA of all pairs of layers, debiased", head: []string{"form", "threads", "arithmetic", "ours", "pytorch-cka", "NumPy", "our time / pytorch-cka's", "our time / NumPy's", "difference", "aim"},
		note: "50 layers of 512 units, or 20 of 64 to 4,096. In blocks of 256 of 5,000 samples, or 10,000 of mixed widths (ours deals samples at random, so values differ by chance), and exact over 2,048 samples. Ours includes the jackknife interval of every pair; NumPy is the fastest form we could write in it. The difference is from pytorch-cka. " +
			fmt.Sprintf("bfloat16 is used on request and where it changes no similarity of a block by more than %v, which is measured each time and part of the time.", similarity.FastError)}
	p := table{title: "What the p of every pair adds", head: []string{"threads", "CKA and intervals", "with p", "with p / without", "aim"},
		note: "Exact CKA of all pairs as above, with and without the permutation test in closed form."}
	for _, c := range likenesses(b.short) {
		few := *b
		few.rounds = min(b.rounds, c.rounds)
		x := features(c.n, c.widths)
		file, err := b.write("features.f32", x)
		if err != nil {
			return nil, err
		}
		xs := matrices(x, c.n, c.widths)
		for i, threads := range b.threads {
			if err := few.similarity(&t, threads, c, file, xs, i == 0); err != nil {
				return nil, err
			}
			if c.form == "exact" {
				if err := few.tested(&p, threads, c, xs); err != nil {
					return nil, err
				}
			}
		}
	}
	return []table{t, p}, nil
}

// similarity times one form, in float32 and rounded to bfloat16.
func (b *bench) similarity(t *table, threads int, c likeness, file string, xs []similarity.Matrix, slow bool) error {
	q := func(what string) request {
		return request{"what": what, "n": c.n, "widths": c.widths, "x": file, "batch": c.batch}
	}
	aim := map[int]float64{1: 3, 2: 5}[threads]
	for _, fast := range []bool{false, true} {
		var p *similarity.Pairs
		work := func() (err error) {
			p, err = similarity.AllPairs(b.ctx, threads, xs, nil, similarity.Options{Exact: c.batch, Fast: fast})
			return err
		}
		if err := work(); err != nil {
			return err
		}
		arithmetic := "float32"
		if p.Split {
			arithmetic = fmt.Sprintf("float32 in two bfloat16 parts, error %.0e", p.Error)
		}
		if fast {
			if p.Reduced == "" {
				b.peers.note("bfloat16 would change a similarity of %q by %.0e: not used", c.form, p.Error)
				continue
			}
			arithmetic, aim = fmt.Sprintf("bfloat16 (%s), error %.0e", p.Reduced, p.Error), 10
		}
		peers := []string{"cka", "numpy"}
		if fast {
			peers = peers[:1] // NumPy multiplies no bfloat16, and float32 is timed beside it already
		}
		r, err := b.compare(work, p.Value, threads, peers, q("similarity"))
		if err != nil {
			return err
		}
		met := absent
		if r.has("cka") && aim > 0 && c.form == "blocks" && (!fast || p.Reduced == "amx") {
			wall, _ := r.ratio("cka")
			met = verdict(fmt.Sprintf("≥ %.0f times as fast", aim), 1/wall >= aim)
		}
		t.add(c.form, fmt.Sprint(threads), arithmetic, r.ours.spread(), r.spread("cka"), r.spread("numpy"), r.time("cka"), r.time("numpy"), fmt.Sprintf("%.0e", r.difference), met)
		if slow && c.slow && !fast {
			some := q("torch-cka")
			some["widths"] = c.widths[:min(fewLayers, len(c.widths))]
			b.torchCKA(threads, c, some, r.ours)
		}
	}
	return nil
}

// fewLayers is how many layers torch-cka is timed on: it computes every pair anew.
const fewLayers = 10

// torchCKA notes how long torch-cka would take for all batches and pairs of layers, from its time for one batch of a few layers.
func (b *bench) torchCKA(threads int, c likeness, q request, ours timing) {
	p := b.peers.get("cka", threads)
	if p == nil {
		return
	}
	if _, err := p.prepare(q); err != nil {
		b.peers.note("torch-cka is left out: %v", err)
		return
	}
	if one, err := p.run(1); err == nil {
		batches, layers := (c.n+c.batch-1)/c.batch, float64(len(c.widths))
		few := min(fewLayers, layers)
		all := float64(batches) * layers / few * layers / few * one.wall
		b.peers.note("torch-cka, %d %s, %q: %s s from the time of one of %d batches for the pairs of %.0f of %.0f layers, %.0f times ours", threads, plural(threads, "thread"), c.form, digits(all), batches, few, layers, all/median(ours.wall))
	}
}

// tested times the p of all pairs beside the same without.
func (b *bench) tested(t *table, threads int, c likeness, xs []similarity.Matrix) error {
	form := func(test bool) func(int) (cost, error) {
		return own(func() error {
			_, err := similarity.AllPairs(b.ctx, threads, xs, nil, similarity.Options{Exact: c.batch, Test: test})
			return err
		})
	}
	ts, err := interleave(b.ctx, b.rounds, b.least, []side{{"without", form(false)}, {"with", form(true)}})
	if err != nil {
		return err
	}
	wall, cpu := ratios(ts[1], ts[0])
	t.add(fmt.Sprint(threads), ts[0].spread(), ts[1].spread(), pair(wall, cpu), verdict("≤ 1.15", wall <= 1.15))
	return nil
}
