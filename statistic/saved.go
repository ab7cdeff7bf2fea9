package statistic

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrStale says that a saved state belongs to another run.
var ErrStale = errors.New("the saved state belongs to another run")

// A saved pass is: the count of finished blocks, the count of states, then for each state the length
// of its key's name, the name, the length of its bytes, the bytes; all counts are little-endian uint64.

// save keeps the sums of the first blocks of a pass.
func save(s Store, name string, blocks int, p pass, total []running) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(blocks))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(total)))
	for i, t := range total {
		b = appendBytes(b, []byte(fullName(p.tasks[i].env.Key)))
		if t.state == nil {
			b = appendBytes(b, nil)
			continue
		}
		state, err := t.append(nil)
		if err != nil {
			return fmt.Errorf("%s: %w", p.tasks[i].env.Key, err)
		}
		b = appendBytes(b, state)
	}
	return s.Save(name, b)
}

// resume fills the sums from what an earlier run kept and returns how many blocks they hold.
func resume(s Store, name string, p pass, total []running) (int, error) {
	if s == nil {
		return 0, nil
	}
	b, err := s.Load(name)
	if err != nil || b == nil {
		return 0, err
	}
	blocks, b, err := readCount(b)
	if err != nil {
		return 0, err
	}
	n, b, err := readCount(b)
	if err != nil {
		return 0, err
	}
	if n != len(total) {
		return 0, fmt.Errorf("%s: %d states, want %d: %w", name, n, len(total), ErrStale)
	}
	for i := range total {
		var key, state []byte
		if key, b, err = readBytes(b); err != nil {
			return 0, err
		}
		if state, b, err = readBytes(b); err != nil {
			return 0, err
		}
		if want := fullName(p.tasks[i].env.Key); string(key) != want {
			return 0, fmt.Errorf("%s: state of %q, want %q: %w", name, key, want, ErrStale)
		}
		if total[i].state == nil || len(state) == 0 {
			continue
		}
		if err := total[i].read(state); err != nil {
			return 0, fmt.Errorf("%s: state of %s: %w", name, p.tasks[i].env.Key, err)
		}
	}
	return blocks, nil
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
