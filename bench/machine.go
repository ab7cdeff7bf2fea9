package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// processor names the machine's processor, as far as the system says.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	var family, model, name string
	for s := bufio.NewScanner(f); s.Scan() && s.Text() != ""; {
		k, v, _ := strings.Cut(s.Text(), ":")
		switch v = strings.TrimSpace(v); strings.TrimSpace(k) {
		case "model name":
			name = v
		case "cpu family":
			family = v
		case "model":
			model = v
		}
	}
	if name == "" {
		return runtime.GOARCH
	}
	return name + " family " + family + " model " + model
}

func processors() int { return runtime.NumCPU() }

func goVersion() string { return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH }

// load is the load average of the last 1, 5 and 15 minutes.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	f := strings.Fields(string(b))
	return strings.Join(f[:min(3, len(f))], " ")
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name fit for a file.
func slug(s string) string { return strings.Trim(unfit.ReplaceAllString(strings.ToLower(s), "-"), "-") }

// status reads a line of this process's memory in bytes, NaN where the system does not tell.
func status(name string) float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	_, rest, found := strings.Cut(string(b), "\n"+name+":")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); !found || err != nil {
		return math.NaN()
	}
	return kb * 1024
}
