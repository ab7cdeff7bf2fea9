package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"

	"github.com/stratascope/stratascope/report"
)

// A look is what a stream can show.
type look struct {
	color   report.Color
	unicode bool
	width   int
}

// The colours of progress: the dark theme's, and of the 16 basic ones.
var (
	tint  = [2]string{"38;2;79;209;197", "36"}
	faint = [2]string{"38;2;74;80;88", "90"}
)

// paint colours a text where the stream can.
func (l look) paint(c [2]string, s string) string {
	if s == "" || l.color == report.NoColor {
		return s
	}
	code := c[1]
	if l.color == report.TrueColor {
		code = c[0]
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

var negative = regexp.MustCompile(`(^|[\s(])-(\d)`)

// signed sets true minus signs where the stream can show them.
func (l look) signed(s string) string {
	if !l.unicode {
		return s
	}
	return negative.ReplaceAllString(s, "${1}−${2}")
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// lookOf finds out what a stream can show.
func (p *program) lookOf(w io.Writer) look {
	l := look{unicode: speaksUnicode()}
	if !isTerminal(w) {
		return l
	}
	if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil {
		l.width = width
	}
	if os.Getenv("TERM") == "dumb" || os.Getenv("NO_COLOR") != "" || p.settings.noColor {
		return l
	}
	l.color = report.Basic
	if c := os.Getenv("COLORTERM"); c == "truecolor" || c == "24bit" {
		l.color = report.TrueColor
	}
	return l
}

// speaksUnicode reports whether the locale is one of UTF-8.
func speaksUnicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return os.Getenv("WT_SESSION") != "" // Windows Terminal sets no locale
}

// hint writes a line for people to standard error.
func (p *program) hint(format string, args ...any) {
	if p.settings.quiet {
		return
	}
	p.log("info", fmt.Sprintf(format, args...))
}

// warn writes a line that --quiet does not hide.
func (p *program) warn(format string, args ...any) { p.log("warning", fmt.Sprintf(format, args...)) }

// log writes a line to standard error in the form that --log-format asks for.
func (p *program) log(level, text string) {
	if p.logFormat == "json" {
		line{Level: level, Message: printable(text)}.write(p.err)
		return
	}
	fmt.Fprintln(p.err, printable(text))
}
