package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/stratascope/stratascope/capture/recording"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/statistic"
)

// The exit codes.
const (
	exitClear       = 0   // nothing at or above the gate
	exitFindings    = 1   // findings at or above the gate
	exitUsage       = 2   // used wrongly
	exitInput       = 3   // an input cannot be read or does not fit
	exitCoverage    = 4   // too little could be examined
	exitStopped     = 5   // stopped by memory, disk or time
	exitInterrupted = 130 // interrupted
)

// A failure ends the program with a code, a line and at most three lines of help.
type failure struct {
	code    int
	message string
	help    []string
}

// Error returns the line.
func (f *failure) Error() string { return f.message }

func usage(format string, args ...any) *failure {
	return &failure{code: exitUsage, message: fmt.Sprintf(format, args...)}
}

func input(format string, args ...any) *failure {
	return &failure{code: exitInput, message: fmt.Sprintf(format, args...)}
}

// with adds lines of help.
func (f *failure) with(help ...string) *failure {
	f.help = append(f.help, help...)
	return f
}

// gate is the outcome of a run that went through: a code without a message.
type gate int

// Error is never shown.
func (g gate) Error() string { return fmt.Sprintf("exit code %d", int(g)) }

// interrupted is how a run ends that was told to.
func interrupted(resumable bool) *failure {
	if !resumable {
		return &failure{code: exitInterrupted, message: "interrupted; nothing is kept"}
	}
	return &failure{code: exitInterrupted, message: "interrupted; what is done is kept", help: []string{"Goes on: --resume."}}
}

// noSpace ends a run that has no room for the values it keeps.
func noSpace(message string, resumable bool) *failure {
	help := "Smaller: --samples 1000. Elsewhere: --cache DIR."
	if resumable {
		help += " Goes on: --resume."
	}
	return &failure{code: exitStopped, message: "no space: " + message, help: []string{help}}
}

// noMemory ends what would take more memory than is allowed.
func noMemory(e *engine.MemoryError) *failure {
	help := "More: --memory 8G. Fewer runs at once: --jobs 1."
	if e.Work != "" {
		help = fmt.Sprintf("More: --memory %dG.", e.Need>>30+1)
	}
	return &failure{code: exitStopped, message: fmt.Sprintf("no memory: %s needs %s, %s allowed.", e.What(), size(e.Need), size(e.Limit)), help: []string{help}}
}

// failed turns any error into a failure: what the run was stopped by, else an input that does not fit.
func failed(err error, resumable bool) *failure {
	var f *failure
	var p *dataset.Problem
	var path *fs.PathError
	var memory *engine.MemoryError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &p) && p.Setting:
		return usage("%s", p.Message).with(p.Help...)
	case errors.As(err, &p):
		return input("%s", p.Message).with(p.Help...)
	case errors.Is(err, context.Canceled):
		return interrupted(resumable)
	case errors.Is(err, recording.ErrStale), errors.Is(err, statistic.ErrStale):
		return input("%s", err).with("Start afresh: without --resume.")
	case errors.Is(err, syscall.ENOSPC):
		return noSpace(err.Error(), resumable)
	case errors.As(err, &memory):
		return noMemory(memory)
	case errors.As(err, &path) && err == error(path):
		return input("%s: %v", path.Path, path.Err)
	}
	return input("%s", err)
}

// A line is a message for programs.
type line struct {
	Level   string   `json:"level"`
	Message string   `json:"message"`
	Help    []string `json:"help,omitempty"`
	Code    int      `json:"code,omitempty"`
}

// write writes the line as JSON.
func (l line) write(w io.Writer) {
	if b, err := json.Marshal(l); err == nil {
		fmt.Fprintf(w, "%s\n", b)
	}
}

// report writes a failure for people or for programs.
func (f *failure) report(w io.Writer, asJSON bool) {
	if asJSON {
		line{"error", shortened(printable(f.message)), f.help, f.code}.write(w)
		return
	}
	fmt.Fprintln(w, shortened(printable(f.message)))
	for _, h := range f.help {
		fmt.Fprintln(w, printable(h))
	}
}
