package canonical

import (
	"strings"

	"github.com/stratascope/stratascope/onnx"
)

// scopeOf returns the framework's module path of a node, "" if the exporter kept none. PyTorch's new
// exporter keeps it as metadata; its old one as the node's name, /layer1/layer1.0/conv1/Conv; Keras'
// exporters as a path without the leading slash.
func scopeOf(n *onnx.Node) string {
	for _, kv := range n.Metadata {
		if kv.Key == "pkg.torch.onnx.name_scopes" {
			return torchScope(n, kv.Value)
		}
	}
	if strings.HasPrefix(n.Name, "/") {
		return modulePath(strings.Split(n.Name[1:], "/"))
	}
	if parts := strings.Split(n.Name, "/"); len(parts) > 1 {
		return kerasPath(parts)
	}
	return ""
}

// torchScope reads [”, 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1']: the last is the operator's
// own, the one before it its module. A convolution into which the exporter folded its normalisation
// carries the scope of the latter, which is not its own.
func torchScope(n *onnx.Node, list string) string {
	scopes := quoted(list)
	if len(scopes) < 2 {
		return ""
	}
	for _, kv := range n.Metadata {
		if kv.Key == "pkg.torch.onnx.class_hierarchy" && n.OpType != "BatchNormalization" {
			classes := quoted(kv.Value)
			if len(classes) > 1 && strings.Contains(classes[len(classes)-2], "BatchNorm") {
				return ""
			}
		}
	}
	return scopes[len(scopes)-2]
}

// quoted returns the strings of a list that Python wrote.
func quoted(list string) []string {
	var out []string
	for len(list) > 0 {
		i := strings.IndexAny(list, `'"`)
		if i < 0 {
			break
		}
		end := strings.IndexByte(list[i+1:], list[i])
		if end < 0 {
			break
		}
		out = append(out, list[i+1:i+1+end])
		list = list[i+1+end+1:]
	}
	return out
}

// modulePath joins the modules of a name without the operator at its end. A module in a list or
// sequence carries the name of that again: layer1, layer1.0, conv1 is layer1.0.conv1.
func modulePath(parts []string) string {
	var path []string
	for _, p := range parts[:len(parts)-1] {
		if len(path) > 0 && strings.HasPrefix(p, path[len(path)-1]+".") {
			path = path[:len(path)-1]
		}
		path = append(path, p)
	}
	return strings.Join(path, ".")
}

func kerasPath(parts []string) string {
	var path []string
	for _, p := range parts[:len(parts)-1] {
		if p != "" && p != "StatefulPartitionedCall" && p != "PartitionedCall" {
			path = append(path, p)
		}
	}
	return strings.Join(path, ".")
}
