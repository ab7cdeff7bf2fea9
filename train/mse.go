package train

// MSE is the mean of the squared differences of all elements. The target has the value's shape, but for
// dimensions of size 1.
type MSE struct{}

func (MSE) nodes(s *sketch, value, target string, _ bool) string {
	d := s.op("Sub", value, target)
	return s.mean(s.op("Mul", d, d))
}
func (MSE) wants() (none, classes, floats bool) { return false, false, true }
func (MSE) axis() int                           { return 0 }
func (MSE) check([]int) error                   { return nil }
