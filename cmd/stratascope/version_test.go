package main

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stratascope/stratascope"
)

func TestOrigin(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"nothing known", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, ""},
		{"no module", debug.BuildInfo{}, ""},
		{"a checkout", debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: []debug.BuildSetting{commit}}, ", commit 0123456789ab"},
		{"a changed checkout", debug.BuildInfo{Settings: []debug.BuildSetting{commit, changed}}, ", commit 0123456789ab with changes"},
		{"fetched", debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}}, ", module v0.1.0"},
		{"a short name of a commit", debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}}}, ", commit 0123"},
	} {
		if got := origin(&c.info); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	code, out, stderr := said("version")
	if code != 0 || stderr != "" || !strings.HasPrefix(out, stratascope.Tool+", ") || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d, %q, %q", code, out, stderr)
	}
}
