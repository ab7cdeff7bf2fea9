package grad

import "github.com/stratascope/stratascope/op"

// crossEntropyLower is LogSoftmax and NegativeLogLikelihoodLoss.
func crossEntropyLower(c *call) []string {
	logs := c.with("LogSoftmax", op.Attributes{"axis": int64(1)}, c.in(0))
	return []string{c.likelihood(logs), logs}
}

func likelihoodLower(c *call) []string { return []string{c.likelihood(c.in(0))} }

// likelihood picks the logarithm of each label, weighs it by its class and adds or averages.
func (c *call) likelihood(logs string) string {
	labels := c.cast64(c.in(1))
	zero, ignored := c.number(0, logs), ""
	if v, ok := c.n.Attributes["ignore_index"].(int64); ok {
		ignored = c.op("Equal", labels, c.integer(v))
		labels = c.op("Where", ignored, c.integer(0), labels)
	}
	picked := c.with("GatherElements", op.Attributes{"axis": int64(1)}, logs, c.unsqueeze(labels, 1))
	loss := c.neg(c.op("Squeeze", picked, c.ints(1)))
	mass := ""
	if c.in(2) != "" {
		mass = c.cast(c.op("Gather", c.in(2), labels), logs)
	} else {
		mass = c.ones(loss)
	}
	if ignored != "" {
		mass = c.op("Where", ignored, zero, mass)
	}
	loss = c.mul(loss, mass)
	all := func(v string) string {
		return c.with("ReduceSum", op.Attributes{"keepdims": int64(0)}, v)
	}
	switch how := c.str("reduction", "mean"); how {
	case "none":
		return loss
	case "sum":
		return all(loss)
	case "mean":
		return c.div(all(loss), all(mass))
	default:
		c.refuse("has the reduction %q, which is not known", how)
		return ""
	}
}

// cast64 makes indices int64.
func (b *builder) cast64(x string) string { return b.cast(x, b.integer(0)) }
