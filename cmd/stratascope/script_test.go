package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stratascope/stratascope/engine/ort"
	"github.com/stratascope/stratascope/report"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stratascope": main})
}

// TestScripts runs testdata/script: each mistake a user can make is a script with its message and code.
func TestScripts(t *testing.T) {
	library := os.Getenv("STRATASCOPE_ENGINE_LIB")
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/.cache")
			e.Setenv("LANG", "C.UTF-8")
			e.Setenv("LIBRARY", library) // by a name of its own: scripts that name no engine get the native one
			return nil
		},
		Condition: func(name string) (bool, error) {
			has, ok := map[string]bool{"ort": ort.Built, "library": ort.Built && library != ""}[name]
			if !ok {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return has, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fixture": fixtures, "code": code, "cut": cut, "valid": valid},
	})
}

// fixtures makes the fixtures named.
func fixtures(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		ts.Check(fixture(ts.MkAbs("."), name))
	}
}

// valid wants files that the result file's schema allows.
func valid(ts *testscript.TestScript, _ bool, files []string) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("schema.json", doc))
	schema, err := c.Compile("schema.json")
	ts.Check(err)
	for _, name := range files {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(name)))
		ts.Check(err)
		ts.Check(schema.Validate(v))
	}
}

// cut takes the second half of a file away.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	st, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, st.Size()/2))
}

// code runs stratascope and wants an exit code: code 2 check nothing.
func code(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: code N ARGS")
	}
	err := ts.Exec("stratascope", args[1:]...)
	got := "0"
	if err != nil {
		var ok bool
		if got, ok = exitCode(err); !ok {
			ts.Fatalf("%v", err)
		}
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func exitCode(err error) (string, bool) {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return "", false
	}
	return strconv.Itoa(e.ExitCode()), true
}
