package mfa

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// MaxImage is the largest file ReadQR takes, in bytes.
const MaxImage = 16 << 20

// maxPixels is more than the largest screens have: a small file may claim to be a picture that fills the memory.
const maxPixels = 64 << 20

// ReadQR returns the text of the QR code in a PNG or JPEG image, a screenshot most often. The code may be inverted, as
// browsers with dark themes show it.
func ReadQR(file []byte) (string, error) {
	picture, err := decodeImage(file)
	if err != nil {
		return "", err
	}
	light := gozxing.NewLuminanceSourceFromImage(picture)
	for _, source := range []gozxing.LuminanceSource{light, light.Invert()} {
		for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
			if text, ok := findQR(binarizer); ok {
				return text, nil
			}
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

// findQR looks for a code, and takes a panic of the decoder's for a picture without one: it reads what strangers drew.
func findQR(b gozxing.Binarizer) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return "", false
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return "", false
	}
	return found.GetText(), true
}
