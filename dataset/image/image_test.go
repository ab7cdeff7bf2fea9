package image

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	stdimage "image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func load(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// picture is the one of testdata/make.py.
func picture(h, w, c int) []uint8 {
	var p []uint8
	for y := range h {
		for x := range w {
			for k := range c {
				p = append(p, uint8(x*37+y*91+k*53+x*y*7+x*x*(k+1)/3))
			}
		}
	}
	return p
}

// Pillow's own results, bit by bit.
func TestResizeIsPillows(t *testing.T) {
	want := map[string]string{}
	load(t, "resize.json", &want)
	filters := map[string]Filter{"bilinear": Bilinear, "bicubic": Bicubic, "lanczos": Lanczos, "box": Box, "hamming": Hamming, "nearest": Nearest}
	if len(want) != 5*len(filters) {
		t.Fatalf("%d cases", len(want))
	}
	for name, w := range want {
		var h, wd, c, th, tw int
		var f string
		if _, err := fmt.Sscan(name, &h, &wd, &c, &th, &tw, &f); err != nil {
			t.Fatal(err)
		}
		got := Resize(picture(h, wd, c), h, wd, c, th, tw, filters[f])
		if hex.EncodeToString(got) != w {
			t.Errorf("%s differs from Pillow's by up to %d", name, furthest(got, w))
		}
	}
}

func furthest(got []uint8, want string) int {
	w, _ := hex.DecodeString(want)
	if len(w) != len(got) {
		return -1
	}
	worst := 0
	for i := range got {
		worst = max(worst, int(math.Abs(float64(got[i])-float64(w[i]))))
	}
	return worst
}

func TestResizeFloatsIsPillows(t *testing.T) {
	want := map[string][]float64{}
	load(t, "resize-float.json", &want)
	var p []float32
	for _, v := range picture(5, 7, 1) {
		p = append(p, float32(v)/255)
	}
	for name, f := range map[string]Filter{"bilinear": Bilinear, "bicubic": Bicubic} {
		got := ResizeFloats(p, 5, 7, 1, 9, 4, f)
		for i, w := range want[name] {
			if math.Abs(float64(got[i])-w) > 1e-6 {
				t.Errorf("%s: value %d is %v, Pillow has %v", name, i, got[i], w)
			}
		}
	}
}

type decoded struct {
	Mode    string
	H, W, C int
	Pix     any
}

// What Pillow makes of the same files: transparency on white, EXIF orientation applied. JPEG decoders
// may round differently.
func TestDecodeIsPillows(t *testing.T) {
	want := map[string]decoded{}
	load(t, "decoded.json", &want)
	if len(want) < 31 {
		t.Fatalf("%d files", len(want))
	}
	for name, w := range want {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if img.Height != w.H || img.Width != w.W {
			t.Errorf("%s: %d x %d, Pillow has %d x %d", name, img.Width, img.Height, w.W, w.H)
			continue
		}
		h, wd, c, err := Size(data)
		if err != nil || h != w.H || wd != w.W || c != img.Channels {
			t.Errorf("%s: size before decoding %d x %d x %d, %v", name, wd, h, c, err)
		}
		compare(t, name, img, w)
	}
}

func compare(t *testing.T, name string, img Image, w decoded) {
	if values, ok := w.Pix.([]any); ok { // sixteen bits
		for i, v := range values {
			if math.Abs(float64(img.Fine[i])-v.(float64)) > 1e-3 {
				t.Errorf("%s: value %d is %v, Pillow has %v", name, i, img.Fine[i], v)
				return
			}
		}
		return
	}
	tolerance := 0
	switch {
	case strings.HasSuffix(name, ".jpg"):
		tolerance = 2
	case strings.HasPrefix(name, "lossy"): // libwebp rounds the interpolation of chroma in another order
		tolerance = 4
	}
	pix, _ := hex.DecodeString(w.Pix.(string))
	for i, v := range pix {
		got := img.Pix[i/w.C*img.Channels+i%w.C*(img.Channels/w.C)]
		if d := int(got) - int(v); d > tolerance || d < -tolerance {
			t.Errorf("%s: value %d is %d, Pillow has %d", name, i, got, v)
			return
		}
	}
}

// claim is a PNG whose header says it is larger than its bytes can be.
func claim(w, h int) []byte {
	var b bytes.Buffer
	png.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 1, 1)))
	data := b.Bytes()
	for i, v := range []int{w, h} {
		for k := range 4 {
			data[16+4*i+k] = byte(v >> (24 - 8*k))
		}
	}
	// The checksum of the header is brought in line by the length of the claim only; decoders that
	// check it refuse earlier, which is as good.
	return data
}

// bmpClaim is a bitmap, a format without checksums, that says it is large.
func bmpClaim(w, h uint32) []byte {
	b := make([]byte, 54)
	copy(b, "BM")
	put := func(at int, v uint32) {
		for k := range 4 {
			b[at+k] = byte(v >> (8 * k))
		}
	}
	put(10, 54)
	put(14, 40)
	put(18, w)
	put(22, h)
	b[26], b[28] = 1, 24
	return b
}

func TestSizesAreCapped(t *testing.T) {
	for name, data := range map[string][]byte{
		"png": claim(1<<20, 1<<20), "bmp": bmpClaim(60000, 60000), "bmp large": bmpClaim(1<<30, 1<<30), "cut": []byte("\x89PNG\r\n\x1a\n"), "nothing": {}, "text": []byte("hello"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(data)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
	if _, err := Decode(bmpClaim(60000, 60000)); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a large claim: %v, want a refusal", err)
	}
}

func FuzzDecode(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.*")
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil && filepath.Ext(p) != ".json" {
			f.Add(b)
		}
	}
	f.Add(claim(5000, 5000))
	f.Add(bmpClaim(60000, 60000))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		img, err := Decode(data)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(64<<20+900*len(data)) {
			t.Errorf("%d bytes made the decoder allocate %d", len(data), grown)
		}
		if err == nil && len(img.Pix)+len(img.Fine) != img.Height*img.Width*img.Channels {
			t.Errorf("%d x %d x %d in %d values", img.Width, img.Height, img.Channels, len(img.Pix)+len(img.Fine))
		}
	})
}
