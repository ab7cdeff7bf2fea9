package main

import (
	"strings"
	"testing"

	"github.com/stratascope/stratascope/detector/all"
)

func TestCompletion(t *testing.T) {
	for shell, mark := range map[string]string{"bash": "complete -o default", "zsh": "#compdef stratascope", "fish": "complete -c stratascope", "powershell": "Register-ArgumentCompleter"} {
		if code, out, stderr := said("completion", shell); code != 0 || !strings.Contains(out, mark) || stderr != "" {
			t.Errorf("%s: code %d, %d bytes without %q, %q", shell, code, len(out), mark, stderr)
		}
	}
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		if code, out, stderr := said(args...); code != exitUsage || out != "" || !strings.Contains(stderr, "powershell") {
			t.Errorf("%q: code %d, %q, %q", args, code, out, stderr)
		}
	}
}

// TestCompletionOfRules asks as a shell does.
func TestCompletionOfRules(t *testing.T) {
	_, out, _ := said("__complete", "explain", "")
	for _, d := range all.Detectors() {
		if !strings.Contains(out, d.Name+"\t"+d.Code+" "+d.Title+"\n") {
			t.Errorf("%s is not offered", d.Name)
		}
	}
	if _, out, _ := said("__complete", "explain", "UNI-01", ""); strings.Contains(out, "UNI-04") {
		t.Errorf("a second rule is offered: %q", out)
	}
}
