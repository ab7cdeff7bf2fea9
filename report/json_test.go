package report

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/internal/allocated"
)

func TestWriteJSONGolden(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.json", b.Bytes())
}

func schemaOf(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("stratascope.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("stratascope.schema.json")
}

func TestSchemaHoldsEverySample(t *testing.T) {
	schema := schemaOf(t)
	for name, d := range samples() {
		var b bytes.Buffer
		if err := WriteJSON(&b, d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{`{}`, `{"format":"other"}`} {
		v, _ := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if schema.Validate(v) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}

// The schema and the types are written by hand; this keeps them from drifting apart.
func TestSchemaNamesEveryField(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema, &root); err != nil {
		t.Fatal(err)
	}
	compareFields(t, root, root, reflect.TypeFor[finding.Diagnosis](), "")
}

func compareFields(t *testing.T, root, node map[string]any, typ reflect.Type, path string) {
	t.Helper()
	if ref, ok := node["$ref"].(string); ok {
		node = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	switch typ.Kind() {
	case reflect.Pointer:
		compareFields(t, root, node, typ.Elem(), path)
	case reflect.Slice:
		items, ok := node["items"].(map[string]any)
		if !ok {
			t.Errorf("%s: the schema has no items", path)
			return
		}
		compareFields(t, root, items, typ.Elem(), path+"[]")
	case reflect.Struct:
		properties, _ := node["properties"].(map[string]any)
		required := map[string]bool{}
		for _, r := range node["required"].([]any) {
			required[r.(string)] = true
		}
		for i := range typ.NumField() {
			name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			p, ok := properties[name].(map[string]any)
			if !ok {
				t.Errorf("%s.%s: not in the schema", path, name)
				continue
			}
			if required[name] == (options == "omitempty") {
				t.Errorf("%s.%s: required is %v in the schema, not in the type", path, name, required[name])
			}
			compareFields(t, root, p, typ.Field(i).Type, path+"."+name)
		}
		if len(properties) != typ.NumField() {
			t.Errorf("%s: %d names in the schema, %d in the type", path, len(properties), typ.NumField())
		}
	}
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	for name, d := range samples() {
		var first, second bytes.Buffer
		if err := WriteJSON(&first, d); err != nil {
			t.Fatal(err)
		}
		back, err := ReadJSON(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := WriteJSON(&second, back); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: another file after reading", name)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{{0.1 + 0.2, "0.3"}, {1.0 / 3, "0.333333333"}, {math.Copysign(0, -1), "0"}, {1e300, "1e+300"}, {123456789012, "1.23456789e+11"}, {0.5, "0.5"}, {math.MaxFloat64, "1.79769313e+308"}} {
		got, err := (&encoder{}).number(c.x)
		if err != nil || string(got) != c.want {
			t.Errorf("%v is written %s (%v), want %s", c.x, got, err, c.want)
		}
	}
}

func TestNotANumberIsNamed(t *testing.T) {
	d := sample()
	d.Findings[2].Measure.Low = math.NaN()
	err := WriteJSON(&bytes.Buffer{}, d)
	if err == nil || !strings.Contains(err.Error(), "findings.2.measure.lo: found NaN") {
		t.Errorf("error is %v, want the field's name", err)
	}
}

func TestReadRefuses(t *testing.T) {
	head := `{"format":"stratascope-diagnosis","version":"1.0"`
	for _, c := range []struct{ name, file, want string }{
		{"another format", `{"format":"sarif","version":"1.0"}`, `format is "sarif", want "stratascope-diagnosis"`},
		{"a later major version", `{"format":"stratascope-diagnosis","version":"2.0"}`, "a newer one wrote it"},
		{"no version", `{"format":"stratascope-diagnosis"}`, "want a number"},
		{"a short matrix", head + `,"similarity":{"layers":["a","b"],"matrix":"AAAA"}}`, "want base64 of 3 numbers for 2 layers"},
		{"a matrix that is not finite", head + `,"similarity":{"layers":["a"],"matrix":"AADAfw=="}}`, "want a finite number"},
		{"deep nesting", head + `,"run":{"settings":` + strings.Repeat(`{"a":`, 80) + `1` + strings.Repeat(`}`, 80) + `}}`, "nested deeper than 64"},
		{"very many values", head + `,"findings":[` + strings.Repeat(`{},`, 100000) + `{}]}`, "more values than 64 MB hold"},
		{"half a file", head, "unexpected end of JSON"},
		{"a huge number", head + `,"verdict":{"coverage":1e999}}`, "coverage"},
	} {
		_, err := ReadJSON(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestReadIgnoresTheUnknown(t *testing.T) {
	d, err := ReadJSON(strings.NewReader(`{"format":"stratascope-diagnosis","version":"1.7","weather":{"rain":true},"layers":[{"name":"a","colour":"red"}]}`))
	if err != nil || len(d.Layers) != 1 || d.Layers[0].Name != "a" {
		t.Errorf("read %+v, %v", d, err)
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, name := range []string{"onelayer", "empty"} { // small: the fuzzer changes a byte at a time
		var b bytes.Buffer
		if err := WriteJSON(&b, samples()[name]); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"format":"stratascope-diagnosis","version":"1.0","findings":[{"extent":{"layers":["x"]}}],"tracks":[{"values":[{"layer":"y"}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var d *finding.Diagnosis
		var err error
		allocated.Within(t, len(b), func() { d, err = ReadJSON(bytes.NewReader(b)) })
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteJSON(&out, d); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := ReadJSON(bytes.NewReader(out.Bytes())); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
