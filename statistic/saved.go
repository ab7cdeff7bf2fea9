package statistic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/stratascope/stratascope/capture"
)

// ErrStale says that a saved state belongs to another run.
var ErrStale = errors.New("the saved state belongs to another run")

// A saved pass is: the counts of finished blocks, of states and of the view's samples, the view, then for
// each state the name of its key, the code and the words of why it failed, and its own bytes, of which a
// failed state has none. Names, words and bytes are preceded by their length; all counts are
// little-endian uint64. Whoever plans a run reads the second count.

// save keeps the sums of the blocks that are done.
func (d *reading) save() error { return d.options.Store.Save(d.name, d.write) }

// write writes one state after the other, so that no more than one is held twice.
func (d *reading) write(w io.Writer) error {
	var head []byte
	for _, n := range []int{d.done, len(d.total), d.samples} {
		head = binary.LittleEndian.AppendUint64(head, uint64(n))
	}
	if _, err := w.Write(appendBytes(head, []byte(d.view.String()))); err != nil {
		return err
	}
	var state []byte
	for i, t := range d.total {
		failed := d.failedBefore(i, d.done)
		var code, why string
		var err error
		if state = state[:0]; failed != nil {
			code, why = Reason(failed)
		} else if state, err = t.append(state); err != nil {
			return fmt.Errorf("%s: %w", d.tasks[i].env.Key, err)
		}
		about := appendBytes(nil, []byte(fullName(d.tasks[i].env.Key)))
		about = appendBytes(appendBytes(about, []byte(code)), []byte(why))
		about = binary.LittleEndian.AppendUint64(about, uint64(len(state)))
		for _, x := range [][]byte{about, state} {
			if _, err := w.Write(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// failedBefore returns why a task failed in the first blocks; the failures of later ones come again when
// those are read again.
func (d *reading) failedBefore(i, blocks int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.failed[i]; f.err != nil && (f.block < blocks || d.total[i].state == nil) {
		return f.err
	}
	return nil
}

// resume fills the sums from what an earlier run kept.
func (d *reading) resume() error {
	if d.options.Store == nil {
		return nil
	}
	b, err := d.options.Store.Load(d.name)
	if err != nil || b == nil {
		return err
	}
	if err := d.read(b); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return nil
}

func (d *reading) read(b []byte) error {
	var counts [3]int
	var err error
	for i, want := range []int{-1, len(d.total), d.samples} {
		if counts[i], b, err = readCount(b); err != nil {
			return err
		}
		if want >= 0 && counts[i] != want {
			return fmt.Errorf("%d %s, want %d: %w", counts[i], []string{"blocks", "states", "samples"}[i], want, ErrStale)
		}
	}
	if counts[0] > d.blocks() {
		return fmt.Errorf("%d finished blocks, there are %d: %w", counts[0], d.blocks(), ErrStale)
	}
	view, b, err := readBytes(b)
	if err != nil {
		return err
	}
	if want := d.view.String(); string(view) != want {
		return fmt.Errorf("view %.200q, want %q: %w", view, want, ErrStale)
	}
	for i := range d.total {
		if b, err = d.readState(i, b); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes after the last state", len(b))
	}
	d.first, d.done = counts[0], counts[0]
	return nil
}

// readState fills one sum and returns what follows it.
func (d *reading) readState(i int, b []byte) ([]byte, error) {
	var fields [4][]byte // key, code, reason, state
	var err error
	for k := range fields {
		if fields[k], b, err = readBytes(b); err != nil {
			return nil, err
		}
	}
	k := d.tasks[i].env.Key
	if want := fullName(k); string(fields[0]) != want {
		return nil, fmt.Errorf("state of %.200q, want %q: %w", fields[0], want, ErrStale)
	}
	switch {
	case len(fields[1]) > 0:
		d.failed[i] = failure{block: -1, err: &capture.Unavailable{Code: string(fields[1]), Why: string(fields[2])}}
	case d.total[i].state == nil:
		return nil, fmt.Errorf("state of %s, which has none: %w", k, ErrStale)
	default:
		if err := d.total[i].read(fields[3]); err != nil {
			return nil, fmt.Errorf("state of %s: %w", k, err)
		}
	}
	return b, nil
}

// fullName says everything that made a state.
func fullName(k Key) string {
	return fmt.Sprintf("%s/%d/%s/%s/%s/%s/%s/%s/%s", k.Statistic, k.Version, k.A.Layer, k.A.Of, k.B.Layer, k.B.Of, k.View, k.Other, k.Settings)
}

func appendBytes(b, x []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(x)))
	return append(b, x...)
}

func readCount(b []byte) (int, []byte, error) {
	if len(b) < 8 {
		return 0, nil, fmt.Errorf("saved state ends after %d bytes, want a count of 8", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > 1<<40 {
		return 0, nil, fmt.Errorf("saved state counts %d, more than it can hold", n)
	}
	return int(n), b[8:], nil
}

func readBytes(b []byte) (x, rest []byte, err error) {
	n, b, err := readCount(b)
	if err != nil {
		return nil, nil, err
	}
	if n > len(b) {
		return nil, nil, fmt.Errorf("saved state has %d bytes left, want %d", len(b), n)
	}
	return b[:n], b[n:], nil
}
