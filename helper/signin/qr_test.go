package signin_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"credmint/helper/signin"
)

func draw(t *testing.T, address string) []string {
	t.Helper()
	var out strings.Builder
	p := signin.Person{Out: &out, QR: true}
	p.Visit(t.Context(), signin.Page{Why: "sign in", URL: address, Code: "ABCD-EFGH"})
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) > 24 {
		t.Errorf("%d lines do not fit a terminal", len(lines))
	}
	return lines[:len(lines)-3]
}

// photograph turns the drawing into what a camera sees on a terminal whose own background is as given: cells are twice as
// high as wide, and the colours that the drawing sets hold to its resets.
func photograph(t *testing.T, lines []string, background color.Gray) image.Image {
	t.Helper()
	const unit, border = 6, 30
	const paint, unpaint = "\x1b[38;5;16;48;5;231m", "\x1b[m"
	photo := image.NewGray(image.Rect(0, 0, 80*unit+2*border, 2*len(lines)*unit+2*border))
	for i := range photo.Pix {
		photo.Pix[i] = background.Y
	}
	module := func(x, y int, black bool) {
		shade := color.Gray{Y: 255}
		if black {
			shade.Y = 0
		}
		for dx := range unit {
			for dy := range unit {
				photo.SetGray(border+x*unit+dx, border+y*unit+dy, shade)
			}
		}
	}
	for row, line := range lines {
		cells, ok := strings.CutPrefix(line, paint)
		cells, ended := strings.CutSuffix(cells, unpaint)
		if !ok || !ended || utf8.RuneCountInString(cells) > 80 {
			t.Fatalf("line %d is %q", row, line)
		}
		for column, cell := range []rune(cells) {
			module(column, 2*row, cell == '█' || cell == '▀')
			module(column, 2*row+1, cell == '█' || cell == '▄')
		}
	}
	return photo
}

func TestQR(t *testing.T) {
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zbarimg is missing: install zbar-tools")
		}
		t.Skip("zbarimg is missing: install zbar-tools")
	}
	for name, address := range map[string]string{
		"short":    "https://a.example/",
		"device":   "https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH",
		"portal":   "https://my-organisation.awsapps.com/start/#/device?user_code=ABCD-EFGH",
		"longest":  "https://a.example/" + strings.Repeat("b-", 44),
		"capitals": "https://GITHUB.COM/LOGIN/DEVICE",
	} {
		for theme, background := range map[string]color.Gray{"dark": {Y: 0}, "light": {Y: 255}, "grey": {Y: 90}} {
			t.Run(name+"/"+theme, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "photo.png")
				f, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := png.Encode(f, photograph(t, draw(t, address), background)); err != nil {
					t.Fatal(err)
				}
				out, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", path).Output()
				if got := strings.TrimSpace(string(out)); err != nil || got != address {
					t.Errorf("the drawing reads %q, %v; want %q", got, err, address)
				}
			})
		}
	}
}

// An address of a browser on this machine is too long for a telephone, and would scroll everything else away.
func TestQRTooLong(t *testing.T) {
	if lines := draw(t, "https://a.example/"+strings.Repeat("b-", 45)); len(lines) != 0 {
		t.Errorf("it draws %d lines", len(lines))
	}
	if lines := draw(t, "file:///etc/passwd"); strings.Contains(strings.Join(lines, ""), "█") {
		t.Error("it draws what is no web address")
	}
}
