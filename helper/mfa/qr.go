package mfa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"time"

	"credmint/helper/program"
)

// MaxImage is the largest file ReadQR takes, in bytes.
const MaxImage = 16 << 20

// maxPixels is more than the largest screens have: a small file may claim to be a picture that fills the memory.
const maxPixels = 64 << 20

// ErrNoReader says that the program that finds a QR code in a picture is not installed.
var ErrNoReader = errors.New("QR codes are read by zbarimg, which is not installed")

// ReadQR returns the text of the QR code in a PNG or JPEG image, a screenshot most often. The code may be inverted, as
// browsers with dark themes show it. The code is found by zbarimg, of the ZBar project: what Go has for it fills tables at
// every start of the program, a hit's included.
func ReadQR(ctx context.Context, file []byte) (string, error) {
	picture, err := decodeImage(file)
	if err != nil {
		return "", err
	}
	path, err := program.Find("zbarimg")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoReader, err)
	}
	for _, dark := range []bool{false, true} {
		text, err := scan(ctx, path, shades(picture, dark))
		if text != "" || err != nil {
			return text, err
		}
	}
	return "", errors.New("there is no QR code in that picture, or it cannot be read: take a picture of the code alone, sharp and upright")
}

func decodeImage(file []byte) (image.Image, error) {
	// Not image.Decode: what it takes depends on what else is linked.
	configure, decode := png.DecodeConfig, png.Decode
	switch {
	case len(file) > MaxImage:
		return nil, fmt.Errorf("that picture has more than %d bytes", MaxImage)
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		configure, decode = jpeg.DecodeConfig, jpeg.Decode
	case !bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return nil, errors.New("that is no picture: PNG and JPEG can be read")
	}
	size, err := configure(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("that picture is damaged: %w", err)
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, fmt.Errorf("that picture has %d by %d pixels, which is too many", size.Width, size.Height)
	}
	picture, err := decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("that picture is damaged: %w", err)
	}
	return picture, nil
}

// shades is a picture in gray, inverted where it is dark.
func shades(picture image.Image, dark bool) *image.Gray {
	size := picture.Bounds()
	out := image.NewGray(image.Rect(0, 0, size.Dx(), size.Dy()))
	for y := range size.Dy() {
		for x := range size.Dx() {
			out.Set(x, y, picture.At(size.Min.X+x, size.Min.Y+y))
		}
	}
	if dark {
		for i, shade := range out.Pix {
			out.Pix[i] = 255 - shade
		}
	}
	return out
}

// What one look may take, and the most that a QR code holds.
const (
	scanTimeout = 20 * time.Second
	maxText     = 8 << 10
)

// scan has zbarimg look at a picture. It gets it on stdin, since it is a secret, as a PGM of our own making, since it was
// drawn by a stranger (https://netpbm.sourceforge.net/doc/pgm.html). No code is no error.
func scan(ctx context.Context, path string, picture *image.Gray) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	cmd := program.Command(ctx, path, "--quiet", "--raw", "--nodbus", "--oneshot", "-Sdisable", "-Sqrcode.enable", "PGM:-")
	head := fmt.Sprintf("P5 %d %d 255\n", picture.Rect.Dx(), picture.Rect.Dy())
	cmd.Stdin = io.MultiReader(strings.NewReader(head), bytes.NewReader(picture.Pix))
	out, err := program.Output(ctx, cmd, maxText)
	var failed *program.Failed
	if errors.As(err, &failed) && failed.Code == 4 { // zbarimg(1): no barcode was found
		return "", nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}
