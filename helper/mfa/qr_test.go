package mfa_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"

	"credmint/helper/mfa"
)

const uri = "otpauth://totp/Amazon%20Web%20Services:me@111111111111?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Amazon%20Web%20Services"

// drawn is a QR code of another library's, as a picture of so many pixels.
func drawn(t testing.TB, text string, size int) image.Image {
	t.Helper()
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	return code.Image(size)
}

// screenshot is a window with a code in it, among other things.
func screenshot(code image.Image, background color.Color, at image.Point) image.Image {
	size := code.Bounds().Size()
	out := image.NewNRGBA(image.Rect(0, 0, 1280, 800))
	noise := rand.New(rand.NewPCG(1, 2))
	for y := range 800 {
		for x := range 1280 {
			out.Set(x, y, background)
			if y < 60 && noise.IntN(3) == 0 { // text, perhaps
				out.Set(x, y, color.Black)
			}
			if p := image.Pt(x, y).Sub(at); p.In(image.Rectangle{Max: size}) {
				out.Set(x, y, code.At(p.X, p.Y))
			}
		}
	}
	return out
}

func inverted(in image.Image) image.Image {
	out := image.NewGray(in.Bounds())
	for y := range in.Bounds().Dy() {
		for x := range in.Bounds().Dx() {
			out.SetGray(x, y, color.Gray{255 - color.GrayModel.Convert(in.At(x, y)).(color.Gray).Y})
		}
	}
	return out
}

func asPNG(t testing.TB, in image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, in); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(t testing.TB, in image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, in, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// needZBar is for tests that find a code.
func needZBar(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zbarimg is missing: install Debian's zbar-tools")
		}
		t.Skip("zbarimg is missing: install Debian's zbar-tools")
	}
}

// Where there is no zbarimg, the error says so.
func TestNoReader(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := mfa.ReadQR(t.Context(), asPNG(t, drawn(t, uri, 256))); !errors.Is(err, mfa.ErrNoReader) {
		t.Errorf("error %v", err)
	}
}

func TestReadQR(t *testing.T) {
	needZBar(t)
	gray := color.Gray{240}
	for name, file := range map[string][]byte{
		"PNG":              asPNG(t, drawn(t, uri, 256)),
		"small":            asPNG(t, drawn(t, uri, 120)),
		"large":            asPNG(t, drawn(t, uri, 1200)),
		"JPEG":             asJPEG(t, drawn(t, uri, 300), 60),
		"a screenshot":     asPNG(t, screenshot(drawn(t, uri, 250), gray, image.Pt(700, 300))),
		"its JPEG":         asJPEG(t, screenshot(drawn(t, uri, 250), gray, image.Pt(31, 417)), 75),
		"inverted":         asPNG(t, inverted(drawn(t, uri, 256))),
		"a dark theme's":   asPNG(t, screenshot(inverted(drawn(t, uri, 250)), color.Gray{20}, image.Pt(500, 200))),
		"a dark page's":    asPNG(t, screenshot(drawn(t, uri, 250), color.Gray{30}, image.Pt(500, 200))),
		"with a lone bits": append(asPNG(t, drawn(t, uri, 256)), "trailing"...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := mfa.ReadQR(t.Context(), file); got != uri || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// Debian's encoder draws with a mask and a version of its own choice.
func TestReadQREncode(t *testing.T) {
	needZBar(t)
	if _, err := exec.LookPath("qrencode"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("qrencode is missing: install Debian's qrencode")
		}
		t.Skip("qrencode is missing: install Debian's qrencode")
	}
	for _, level := range []string{"L", "M", "Q", "H"} {
		file, err := exec.Command("qrencode", "-l", level, "-s", "4", "-o", "-", uri).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := mfa.ReadQR(t.Context(), file); got != uri || err != nil {
			t.Errorf("%s: got %q, %v", level, got, err)
		}
	}
}

func TestNoQR(t *testing.T) {
	needZBar(t)
	whole := asPNG(t, drawn(t, uri, 256))
	bomb := bytes.Clone(whole)
	copy(bomb[16:], "\x00\x01\x00\x00\x00\x01\x00\x00") // 65,536 by 65,536
	sum := crc32.ChecksumIEEE(bomb[12:29])
	copy(bomb[29:], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":         {nil, "no picture"},
		"text":            {[]byte("otpauth://totp/x"), "no picture"},
		"GIF":             {[]byte("GIF89a"), "no picture"},
		"too big a file":  {make([]byte, mfa.MaxImage+1), "more than 16777216 bytes"},
		"too many pixels": {bomb, "65536 by 65536 pixels"},
		"cut off":         {whole[:len(whole)/2], "damaged"},
		"a PNG's head":    {whole[:10], "damaged"},
		"a JPEG's head":   {[]byte("\xff\xd8\xff\xe0"), "damaged"},
		"blank":           {asPNG(t, image.NewGray(image.Rect(0, 0, 200, 200))), "no QR code"},
		"one pixel":       {asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), "no QR code"},
		"half a code":     {asPNG(t, drawn(t, uri, 256).(*image.Paletted).SubImage(image.Rect(0, 0, 256, 128))), "no QR code"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := mfa.ReadQR(t.Context(), tt.file)
			if got != "" || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// Whatever is drawn can be read; whatever else is read does no harm.
func FuzzReadQR(f *testing.F) {
	needZBar(f)
	f.Add("otpauth://totp/x", []byte("\x89PNG\r\n\x1a\n"))
	f.Add(uri, asPNG(f, drawn(f, "A", 64)))
	f.Fuzz(func(t *testing.T, text string, file []byte) {
		_, _ = mfa.ReadQR(t.Context(), file)
		if text == "" || strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 || len(text) > 300 {
			return
		}
		if got, err := mfa.ReadQR(t.Context(), asPNG(t, drawn(t, text, 600))); got != text || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, text)
		}
	})
}
