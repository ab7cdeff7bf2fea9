package native

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/engine/enginetest/random"
)

// FuzzRandom runs random networks: what comes out has the types and shapes that were inferred, and is the same where
// steps are joined and where they are not. FuzzDifferential of package ort compares with ONNX Runtime's values.
func FuzzRandom(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		b := make([]byte, 20+r.IntN(100))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { enginetest.Differential(t, Engine{}, Engine{}, random.New(b), nil) })
}
