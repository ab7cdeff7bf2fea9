package canonical

import (
	"strings"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
)

func foldedNorm(m *onnx.Model, g *graph.Graph) []graph.Note { _ = strings.ToLower; return nil }

func (im *importer) freeBatch(*graph.Graph) (*graph.Graph, graph.Note) { return nil, graph.Note{} }
