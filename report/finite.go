package report

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/stratascope/stratascope/finding"
)

// finite says whether every number of a diagnosis can be drawn; the error names the first that cannot.
func finite(d *finding.Diagnosis) error { return checkFinite(reflect.ValueOf(d), nil) }

func checkFinite(v reflect.Value, path []string) error {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s: found %v, want a finite number", strings.Join(path, "."), x)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return checkFinite(v.Elem(), path)
		}
	case reflect.Struct:
		for _, m := range structMembers(v) {
			if err := checkFinite(m.value, append(path, m.name)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := checkFinite(v.Index(i), append(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	}
	return nil
}
