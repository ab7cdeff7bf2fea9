package pickle

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/internal/allocated"
)

func open(t *testing.T, name string) (*Torch, error) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	w, err := OpenTorch(f)
	if err == nil {
		t.Cleanup(func() { w.Close() })
	}
	return w, err
}

// The values are those that testdata/make_files.py wrote with PyTorch.
func TestWeightsAreThoseOfPyTorch(t *testing.T) {
	w, err := open(t, "state.pt")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"fc.weight", "fc.bias", "half", "turned", "part", "steps", "parameter"}; !slices.Equal(w.Names(), want) {
		t.Errorf("names are %q, want %q", w.Names(), want)
	}
	for name, want := range map[string]struct {
		shape  []int
		values []float64
	}{
		"fc.weight": {[]int{2, 3}, []float64{0, 1, 2, 3, 4, 5}}, "fc.bias": {[]int{2}, []float64{0.5, -2}}, "half": {[]int{3}, []float64{1, math.NaN(), 3}},
		"turned": {[]int{3, 2}, []float64{0, 3, 1, 4, 2, 5}}, "part": {[]int{4}, []float64{4, 5, 6, 7}}, "parameter": {[]int{2}, []float64{1, 1}},
	} {
		x, err := w.Tensor(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(w.Shape(name), want.shape) || !slices.Equal(x.Shape(), want.shape) {
			t.Errorf("%s has shape %v, want %v", name, x.Shape(), want.shape)
		}
		for i, v := range want.values {
			var got float64
			if name == "fc.bias" {
				got = x.Float64s()[i]
			} else {
				got = float64(x.Float32s()[i])
			}
			if got != v && !(got != got && v != v) {
				t.Errorf("%s[%d] is %v, want %v", name, i, got, v)
			}
		}
	}
}

func TestTheWeightsOfACheckpointAreFound(t *testing.T) {
	w, err := open(t, "checkpoint.pt")
	if err != nil || !slices.Equal(w.Names(), []string{"weight", "bias"}) {
		t.Errorf("%v, %v", w, err)
	}
}

func TestCallsAreRefused(t *testing.T) {
	for name, want := range map[string]string{"call.pt": "posix.system", "whole.pt": "torch.nn.modules.container.Sequential"} {
		_, err := open(t, name)
		var call *CallError
		if !errors.As(err, &call) || call.String() != want {
			t.Errorf("%s: %v, want it to call %s", name, err, want)
		}
	}
	for _, name := range []string{"call-0.pkl", "call-1.pkl", "call-2.pkl", "call-3.pkl", "call-4.pkl", "call-5.pkl"} {
		_, err := open(t, name)
		var call *CallError
		if !errors.As(err, &call) || call.String() != "posix.system" {
			t.Errorf("%s: %v, want it to call posix.system", name, err)
		}
	}
	if _, err := open(t, "old.pt"); !errors.Is(err, ErrForm) {
		t.Errorf("old.pt: %v, want %v", err, ErrForm)
	}
}

// The values are those of make_files.py: no protocol of Python's changes them.
func TestEveryProtocolSaysTheSame(t *testing.T) {
	for _, name := range []string{"call-2.pkl", "call-3.pkl", "call-4.pkl", "call-5.pkl"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		v, _, rest, err := Read(b)
		l, ok := v.(*List)
		if err != nil || !ok || len(rest) > 0 || len(l.Items) != 9 {
			t.Fatalf("%s: %v, %v", name, v, err)
		}
		want := []Value{int64(1), int64(-70000), int64(1 << 40), 1.5, "a"}
		if !reflect.DeepEqual(l.Items[:5], want) || !reflect.DeepEqual(l.Items[6], Tuple{int64(1), int64(2), int64(3), int64(4)}) {
			t.Errorf("%s: %v, want %v", name, l.Items, want)
		}
	}
}

func TestDamageIsAnError(t *testing.T) {
	for _, text := range []string{"", ".", "0", "t", "\x80", "\x80\x02}q", "X\xff\xff\xff\xff", "\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "h\x05.", "R", "N\x85\x86.", "o", "(o", "p\n", "I\n", "\xfe"} {
		if v, _, _, err := Read([]byte(text)); err == nil {
			t.Errorf("%q gave %v", text, v)
		}
	}
}

// A name that is met before the damage is told all the same, and one that only arises at run time has no
// harmless name.
func TestNamesAreToldWhateverFollows(t *testing.T) {
	for text, want := range map[string]string{"cposix\nsystem\n\xfe": "posix.system", "\x80\x04K\x01K\x02\x93.": "a name.made while it runs", "\x82\x07.": "copyreg.extension 7", "(iposix\nsystem\n.": "posix.system"} {
		_, globals, _, _ := Read([]byte(text))
		if len(globals) != 1 || globals[0].String() != want || refused(globals) == nil {
			t.Errorf("%q names %v, want %s", text, globals, want)
		}
	}
}

// A network stored as a whole is told from a call; a call beside it counts more.
func TestANetworkIsNoCall(t *testing.T) {
	for text, network := range map[string]bool{"c__torch__.net\nNet\n.": true, "ctorch.nn.modules.linear\nLinear\n.": true, "ctorch.nn.modules.linear\nLinear\ncos\nsystem\n.": false, "ctorch.hub\nload\n.": false} {
		_, globals, _, err := Read([]byte(text))
		var call *CallError
		if err != nil || !errors.As(refused(globals), &call) || call.Network() != network {
			t.Errorf("%q: %v, %v, want a network: %v", text, call, err, network)
		}
	}
}

// FuzzRead holds that no bytes panic, and that what is read is not more than what is there.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/call-*.pkl")
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		allocated.Within(t, len(b), func() {
			v, globals, rest, err := Read(b)
			if err == nil && len(rest) >= len(b) {
				t.Errorf("%d bytes are left of %d", len(rest), len(b))
			}
			refused(globals)
			weights(v)
		})
	})
}

// FuzzTorch holds that no archive panics or gives a weight outside its storage.
func FuzzTorch(f *testing.F) {
	for _, name := range []string{"state.pt", "checkpoint.pt", "call.pt", "old.pt"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		allocated.Within(t, len(b), func() {
			path := filepath.Join(t.TempDir(), "x.pt")
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			h, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			w, err := OpenTorch(h)
			if err != nil {
				return
			}
			defer w.Close()
			for _, name := range w.Names() {
				if _, err := w.Tensor(name); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	})
}
