package stratascope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/capture/recording"
)

// An Identity says everything that the states and rows of a run depend on.
type Identity struct {
	Tool       string `json:"tool"`
	Kernel     string `json:"kernel"`
	Model      string `json:"model"` // its name, for messages
	SHA256     string `json:"sha256"`
	Output     string `json:"output"`
	Data       string `json:"data"`
	Preprocess string `json:"preprocess"`
	Settings   string `json:"settings"`
}

// text is the identity as the key of a cache.
func (id Identity) text() (string, error) {
	b, err := json.Marshal(id)
	return string(b), err
}

// differs says what another run was made with, "" if it is this one.
func (id Identity) differs(other Identity) string {
	switch {
	case id == other:
		return ""
	case id.SHA256 != other.SHA256:
		return fmt.Sprintf("the model %s (%.12s), this is %s (%.12s)", other.Model, other.SHA256, id.Model, id.SHA256)
	case id.Data != other.Data:
		return "other data"
	case id.Preprocess != other.Preprocess:
		return "another preprocessing"
	case id.Tool != other.Tool || id.Kernel != other.Kernel:
		return fmt.Sprintf("%s on %s, this is %s on %s", other.Tool, other.Kernel, id.Tool, id.Kernel)
	}
	return "other settings"
}

// A Cache keeps the states and rows of a run in a folder of its own below the cache's, so that an
// interrupted run can go on.
type Cache struct {
	*recording.Cache
	dir string
}

// ErrOtherRun says that a cache belongs to another run.
var ErrOtherRun = errors.New("the cache holds another run")

// cacheFile is the file that every run's folder has, with the key it was made for.
const cacheFile = "cache.json"

// OpenCache opens the folder of a run below dir. Without resume what is there is thrown away; with resume
// a run of the same identity goes on, and a folder that holds other runs only is refused.
func OpenCache(dir string, id Identity, resume bool) (*Cache, error) {
	key, err := id.text()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(key))
	run := filepath.Join(dir, hex.EncodeToString(sum[:12]))
	if resume {
		if err := refuseOthers(dir, run, id); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c, err := recording.OpenCache(run, key, !resume)
	if err != nil {
		return nil, err
	}
	return &Cache{c, run}, nil
}

// refuseOthers returns why a cache cannot be gone on with: it holds runs, but not this one.
func refuseOthers(dir, run string, id Identity) error {
	if _, err := os.Stat(filepath.Join(run, cacheFile)); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is no cache yet: the run starts at its beginning
	}
	for _, e := range entries {
		if other, ok := readIdentity(filepath.Join(dir, e.Name(), cacheFile)); ok {
			return fmt.Errorf("%w: it was made with %s", ErrOtherRun, id.differs(other))
		}
	}
	return nil
}

// readIdentity reads what the cache of another run was made for.
func readIdentity(path string) (Identity, bool) {
	var id Identity
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > 1<<20 {
		return id, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return id, false
	}
	var head struct{ Key string }
	if json.Unmarshal(b, &head) != nil || json.Unmarshal([]byte(head.Key), &id) != nil {
		return id, false
	}
	return id, true
}

// Remove closes the cache and removes its folder: the run is over.
func (c *Cache) Remove() error {
	return errors.Join(c.Close(), os.RemoveAll(c.dir))
}

// A NoSpaceError says that the rows of a layer did not fit the disk.
type NoSpaceError struct {
	Layer string
	Err   error
}

// Error says which layer's rows they are.
func (e *NoSpaceError) Error() string { return fmt.Sprintf("rows of %s: %v", e.Layer, e.Err) }

// Unwrap returns what the file system said.
func (e *NoSpaceError) Unwrap() error { return e.Err }

// Create makes room for n rows of d values.
func (c *Cache) Create(q capture.Request, n, d int) error {
	return placed(q, c.Cache.Create(q, n, d))
}

// Put stores rows from the given first one on.
func (c *Cache) Put(q capture.Request, first int, rows []float32) error {
	return placed(q, c.Cache.Put(q, first, rows))
}

// placed adds the layer to the error of a full disk.
func placed(q capture.Request, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &NoSpaceError{q.Site.Layer, err}
	}
	return err
}
