package dataset

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key returns the stable 64-bit hash of a sample's id. Samples are joined and chosen by it.
func Key(id string) uint64 { return hash("id", id) }

// hash gives independent orders for different purposes.
func hash(purpose, text string) uint64 {
	sum := sha256.Sum256([]byte("stratascope " + purpose + "\x00" + text))
	return binary.LittleEndian.Uint64(sum[:])
}

// hashedInto reports whether a sample falls into a share of all samples; it depends on its id only.
func hashedInto(id string, share float64) bool {
	return float64(hash("split", id)>>11) < share*(1<<53)
}
