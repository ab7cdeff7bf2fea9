package recording

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// A state file is a line of text, the hash of key and state, then the state.
const (
	statePrefix = "state-"
	stateEnd    = ".bin"
	stateHead   = "stratascope-state-1\n"
	mostState   = 8 << 30
)

func stateName(name string) string { return statePrefix + plainName(name) + stateEnd }

func (c *Cache) stateSum(b []byte) [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(c.key), c.key)
	h.Write(b)
	return [32]byte(h.Sum(nil))
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
	if sum := c.stateSum(rest[sha256.Size:]); !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return nil, fmt.Errorf("%s%s: the saved state is damaged or of another run: %w", c.folder.name, stateName(name), ErrStale)
	}
	return rest[sha256.Size:], nil
}

// Save keeps a state under a name. The rows that were put before are made to last first, so that a state
// never speaks of rows that are lost.
func (c *Cache) Save(name string, b []byte) error {
	if err := c.Flush(); err != nil {
		return err
	}
	err := c.folder.replace(stateName(name), func(w io.Writer) error {
		sum := c.stateSum(b)
		for _, part := range [][]byte{[]byte(stateHead), sum[:], b} {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
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
