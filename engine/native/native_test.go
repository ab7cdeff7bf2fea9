package native

import (
	"testing"

	"github.com/stratascope/stratascope/engine/enginetest"
)

func TestForward(t *testing.T) { enginetest.Forward(t, Engine{}, "../../internal/golden/testdata/forward") }
