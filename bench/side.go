package main

import "math"

// A result is one comparison.
type result struct {
	ours       timing
	peers      map[string]timing
	difference float64 // to the first peer that is there
	theirs     []float64
}

// compare times our work, which gave these values, in turn with the same work of peers. Names are of
// scripts in peers.
func (b *bench) compare(work func() error, values []float64, threads int, names []string, q request) (result, error) {
	sides := []side{{"ours", own(work)}}
	r := result{peers: map[string]timing{}, difference: math.NaN()}
	for _, name := range names {
		p := b.peers.get(name, threads)
		if p == nil {
			continue
		}
		theirs, err := p.prepare(q)
		if err != nil {
			b.peers.note("%s is left out of %v: %v", name, q["what"], err)
			continue
		}
		if len(sides) == 1 {
			r.difference, r.theirs = difference(values, theirs), theirs
		}
		sides = append(sides, side{name, p.run})
	}
	ts, err := interleave(b.ctx, b.rounds, b.least, sides)
	if err != nil {
		return r, err
	}
	r.ours = ts[0]
	for _, t := range ts[1:] {
		r.peers[t.name] = t
	}
	b.say("  %v %v, %d threads: %s", q["what"], q["n"], threads, r.ours.spread())
	return r, nil
}

func (r result) has(peer string) bool { _, ok := r.peers[peer]; return ok }

// ratio is our time over a peer's.
func (r result) ratio(peer string) (wall, cpu float64) { return ratios(r.ours, r.peers[peer]) }

func (r result) spread(peer string) string {
	if !r.has(peer) {
		return absent
	}
	return r.peers[peer].spread()
}

// time writes our time over a peer's, speed the inverse.
func (r result) time(peer string) string {
	if !r.has(peer) {
		return absent
	}
	return pair(r.ratio(peer))
}

func (r result) speed(peer string) string {
	if !r.has(peer) {
		return absent
	}
	wall, cpu := r.ratio(peer)
	return pair(1/wall, 1/cpu)
}
