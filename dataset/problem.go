package dataset

import "fmt"

// A Problem is a mistake in what the user gave, in one line, with at most three lines of help.
type Problem struct {
	Message string
	Help    []string
	Setting bool // a setting is wrong, whatever the data are
}

// Error returns the message without the help.
func (p *Problem) Error() string { return p.Message }

func problem(help []string, format string, args ...any) error {
	return &Problem{Message: fmt.Sprintf(format, args...), Help: help}
}
