package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

const (
	minus = "−"      // a true minus
	thin  = "\u202f" // a narrow space that does not break, between thousands
)

// adviceWords is the advice as it is said.
func adviceWords(a finding.Advice) string {
	switch a {
	case finding.Ship:
		return "Ship"
	case finding.ShipWithCare:
		return "Ship with care"
	case finding.DoNotShip:
		return "Do not ship"
	}
	return "Cannot tell"
}

// certaintyWords says how sure a finding is, for the line under its title.
func certaintyWords(f finding.Finding) string {
	if by := explanation(f); by != "" {
		return string(f.Severity.Word) + ", " + by
	}
	return string(f.Severity.Word) + ", " + string(f.Verdict)
}

// explanation says which finding or layer a finding goes back to, if any.
func explanation(f finding.Finding) string {
	switch {
	case f.ExplainedBy != "":
		code, _, _ := strings.Cut(f.ExplainedBy, "@")
		return "explained by " + code
	case f.PropagatedFrom != "":
		return "comes down from " + f.PropagatedFrom
	}
	return ""
}

// treatmentWords says a treatment's name as words: re-estimate-norm is "Re-estimate norm".
func treatmentWords(name string) string {
	if !strings.Contains(name, " ") {
		rest, again := strings.CutPrefix(name, "re-")
		name = strings.ReplaceAll(rest, "-", " ")
		if again {
			name = "re-" + name
		}
	}
	return capital(name)
}

var hyphenMinus = regexp.MustCompile(`(^|[\s(])-(\d)`)

// signed sets true minus signs before the numbers that a rule says.
func signed(s string) string { return hyphenMinus.ReplaceAllString(s, "${1}"+minus+"${2}") }

// sentence sets what a rule says as a sentence of the page: a capital first, true minus signs.
func sentence(s string) string { return capital(signed(s)) }

// unbroken keeps a percentage on one line.
func unbroken(s string) string { return strings.ReplaceAll(s, " %", "\u00a0%") }

// count writes a whole number with thin spaces between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = minus, s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + thin + s[i:]
	}
	return sign + s
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return count(n) + " " + noun + "es"
	}
	return count(n) + " " + noun + "s"
}

// number writes a value with three significant digits, powers of ten where zeros would hide it.
func number(x float64) string {
	switch a := math.Abs(x); {
	case x == 0:
		return "0"
	case a >= 1e6 || a < 1e-3:
		return power(x)
	case a >= 1000:
		return count(int(math.Round(x)))
	case a >= 100:
		return decimals(x, 0)
	case a >= 10:
		return decimals(x, 1)
	case a >= 0.01:
		return decimals(x, 2)
	}
	return decimals(x, 4)
}

// power writes a value as 6.1·10⁻⁶.
func power(x float64) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(x, 'e', 1, 64), "e")
	n, _ := strconv.Atoi(e)
	m = strings.Replace(strings.TrimSuffix(m, ".0"), "-", minus, 1)
	if m == "1" {
		return "10" + raised(n)
	}
	return m + "·10" + raised(n)
}

func raised(n int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(n))
}

func decimals(x float64, n int) string {
	s := strconv.FormatFloat(x, 'f', n, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", minus, 1)
}

func percent(x float64) string { return decimals(100*x, 1) + " %" }

// within writes a value and its interval with the digits the interval allows.
func within(value, low, high float64) string {
	n := digitsFor(high - low)
	return fmt.Sprintf("%s (%s to %s)", decimals(value, n), decimals(low, n), decimals(high, n))
}

// digitsFor is the number of decimals that an interval of that width leaves meaningful: two digits of the width.
func digitsFor(width float64) int {
	if !(width > 0) {
		return 3
	}
	return int(min(max(1-math.Floor(math.Log10(width)), 0), 6))
}

// span names a range of layers by their numbers.
func span(from, to int) string {
	if from == to {
		return "layer " + strconv.Itoa(from)
	}
	return fmt.Sprintf("layers %d–%d", from, to)
}

// listed joins the parts as a sentence would.
func listed(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// kind describes a layer: its kernel, operator, units and size.
func kind(l finding.Layer) string {
	var parts []string
	op := map[string]string{"Conv": "convolution", "Gemm": "linear", "MatMul": "linear", "Linear": "linear", "LSTM": "recurrent", "Attention": "attention"}[l.Op]
	if op == "" {
		op = strings.ToLower(l.Op)
	}
	if len(l.Kernel) > 0 {
		op = times(l.Kernel, "×") + " " + op
	}
	parts = append(parts, op)
	unit := "unit"
	if len(l.Shape) >= 3 {
		unit = "channel"
	}
	if l.Units > 0 {
		parts = append(parts, plural(l.Units, unit))
	}
	if len(l.Shape) >= 3 {
		parts = append(parts, times(l.Shape[1:], " × "))
	}
	return strings.Join(parts, ", ")
}

func times(sizes []int, sign string) string {
	parts := make([]string, len(sizes))
	for i, s := range sizes {
		parts[i] = strconv.Itoa(s)
	}
	return strings.Join(parts, sign)
}

// capital sets the first letter of a text as a capital.
func capital(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}
