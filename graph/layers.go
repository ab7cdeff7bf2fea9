package graph

// Layers finds.
func Layers(g *Graph) []Layer { return nil }
