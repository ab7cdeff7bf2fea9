package recording

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"time"
)

// A state file is a line of text, the state, then the hash of key and state.
const (
	statePrefix = "state-"
	stateEnd    = ".bin"
	stateHead   = "stratascope-state-2\n"
	mostState   = 8 << 30
)

func stateName(name string) string { return statePrefix + plainName(name) + stateEnd }

// stateSum begins the hash of a state.
func (c *Cache) stateSum() hash.Hash {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(c.key), c.key)
	return h
}

// Load returns the state that was saved under a name, nil if there is none. One that is damaged or of
// another key is refused with ErrStale.
func (c *Cache) Load(name string) ([]byte, error) {
	b, err := c.folder.read(stateName(name), mostState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(b, []byte(stateHead))
	if !ok || len(rest) < sha256.Size {
		return nil, fmt.Errorf("%s%s: %d bytes, not a saved state: %w", c.folder.name, stateName(name), len(b), ErrStale)
	}
	state, sum := rest[:len(rest)-sha256.Size], rest[len(rest)-sha256.Size:]
	h := c.stateSum()
	h.Write(state)
	if !bytes.Equal(h.Sum(nil), sum) {
		return nil, fmt.Errorf("%s%s: the saved state is damaged or of another run: %w", c.folder.name, stateName(name), ErrStale)
	}
	return state, nil
}

// Save keeps what write writes under a name. The rows that were put before are made to last first, so that a state
// never speaks of rows that are lost.
func (c *Cache) Save(name string, write func(io.Writer) error) error {
	if err := c.Flush(); err != nil {
		return err
	}
	err := c.folder.replace(stateName(name), func(w io.Writer) error {
		out, sum := bufio.NewWriter(w), c.stateSum()
		if _, err := out.WriteString(stateHead); err != nil {
			return err
		}
		if err := write(io.MultiWriter(out, sum)); err != nil {
			return err
		}
		if _, err := out.Write(sum.Sum(nil)); err != nil {
			return err
		}
		return out.Flush()
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved = time.Now()
	return err
}

// Due reports whether the last save is long enough ago for another.
func (c *Cache) Due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.saved) >= c.every
}
