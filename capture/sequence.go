package capture

// A Sequence reports blocks in their order, whichever order they end in. It is not safe for concurrent use.
type Sequence struct {
	ended map[int]bool // blocks after next, by whether they were read
	next  int
}

// End notes a block that was read, or left out, and calls done for those that were read once all blocks
// before them have ended.
func (s *Sequence) End(block int, read bool, done func(block int) error) error {
	if s.ended == nil {
		s.ended = map[int]bool{}
	}
	s.ended[block] = read
	for {
		read, ok := s.ended[s.next]
		if !ok {
			return nil
		}
		delete(s.ended, s.next)
		s.next++
		if read {
			if err := done(s.next - 1); err != nil {
				return err
			}
		}
	}
}
