package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// grouped writes a number with spaces between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// size writes a number of bytes as people do.
func size(n int64) string {
	switch f := float64(n); {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", f/1e9)
	case n >= 1e7:
		return fmt.Sprintf("%.0f MB", f/1e6)
	case n >= 1e5:
		return fmt.Sprintf("%.1f MB", f/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}

// span writes a duration in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// printable strips what could disturb a terminal: names come from files.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

// shortened leaves the middle out of a long chain of places, as of a graph within a graph, so that a message
// begins with where and ends with what.
func shortened(s string) string {
	const side = 200
	r := []rune(s)
	if len(r) <= 2*side {
		return s
	}
	return string(r[:side]) + " ... " + string(r[len(r)-side:])
}

// nearest returns the candidate with the smallest edit distance to a word, "" if none is near.
func nearest(word string, candidates []string) string {
	word = plain(word)
	best, least := "", max(1, (len(word)+1)/3)+1
	for _, c := range candidates {
		if d := distance(word, plain(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// plain takes case and separators out of a word.
func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the number of letters to insert, delete or replace, or of neighbours to exchange (Damerau 1964),
// no letter being changed twice.
func distance(a, b string) int {
	older, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		older, last, row = last, row, older
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
