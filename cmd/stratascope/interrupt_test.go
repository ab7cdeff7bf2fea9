//go:build linux || darwin || freebsd

package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Ctrl-C in the middle of the passes ends with 130 and keeps what is done; --resume goes on to the bytes
// of a run that was left alone.
func TestInterruptAndResume(t *testing.T) { interruptAndResume(t, "features") }

// Likewise while a reference network is run: what is computed of the network itself is done before.
func TestInterruptAndResumeReferences(t *testing.T) {
	interruptAndResume(t, "probes", "--reference", "slow.onnx")
}

// interruptAndResume stops a run when a stage is first told of.
func interruptAndResume(t *testing.T, stage string, more ...string) {
	if testing.Short() {
		t.Skip("runs for seconds")
	}
	dir := t.TempDir()
	for _, name := range []string{"slow.onnx", "wide", "dense.onnx", "rows.csv"} {
		if err := fixture(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	stratascope := func(args ...string) *exec.Cmd {
		c := exec.Command("stratascope", args...) // TestMain puts this binary there under that name
		c.Dir = dir
		c.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, ".cache"))
		return c
	}
	check := []string{"check", "slow.onnx", "--data", "wide", "--skip", "DAT-01", "--fail-on", "never", "--log-format", "json", "--jobs", "1"}
	check = append(check, more...)

	c := stratascope(append(check, "--out", "stopped")...)
	progress, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said, sent := "", false
	for s := bufio.NewScanner(progress); s.Scan(); {
		if said += s.Text() + "\n"; !sent && strings.Contains(s.Text(), `"stage":"`+stage+`"`) {
			sent = true
			if err := c.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("ended with %v, want exit code 130; it said:\n%s", err, said)
	}
	if !strings.Contains(said, `"message":"interrupted; what is done is kept","help":["Goes on: --resume."],"code":130`) {
		t.Errorf("it said:\n%s", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "stopped", resultName)); err == nil {
		t.Error("a result was written")
	}

	// Another model's run does not go on with what this one kept.
	other := stratascope("check", "dense.onnx", "--data", "rows.csv", "--resume")
	out, err := other.CombinedOutput()
	if !errors.As(err, &exit) || exit.ExitCode() != exitInput || !strings.Contains(string(out), "the cache holds another run: it was made with the model slow.onnx") {
		t.Errorf("another model: %v, %s", err, out)
	}

	results := map[string][]byte{}
	for name, more := range map[string][]string{"resumed": {"--resume"}, "plain": {"--cache", filepath.Join(dir, "elsewhere")}} {
		run := stratascope(append(append(check, "--out", name), more...)...)
		if out, err := run.CombinedOutput(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitCoverage) {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		if results[name], err = os.ReadFile(filepath.Join(dir, name, resultName)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(results["resumed"], results["plain"]) {
		t.Error("the resumed run's result differs from that of a run that was left alone")
	}
}

// A broken program says so in two lines: no trace reaches a user.
func TestNoTraceReachesAUser(t *testing.T) {
	var out, err bytes.Buffer
	p := &program{out: &out, err: &err, settings: &settings{}}
	code := p.guarded(func() error { panic("index out of range") })
	if code != exitInput || strings.Contains(err.String(), "goroutine") || !strings.HasPrefix(err.String(), "stratascope failed: index out of range\n") {
		t.Errorf("code %d, %q", code, err.String())
	}
}
