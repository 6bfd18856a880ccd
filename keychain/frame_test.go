package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// small is a store in memory whose items hold little, as the platforms' do, and which may stop working at any write.
type small struct {
	items map[string]string
	limit int
	left  int // writes that still work; negative: all
	lie   func(string) string
}

var errStopped = errors.New("stopped")

func (s *small) Limit() int { return s.limit }

func (s *small) Get(_ context.Context, item string) (string, error) {
	v, ok := s.items[item]
	if !ok {
		return "", ErrNotFound
	}
	if s.lie != nil {
		v = s.lie(v)
	}
	return v, nil
}

func (s *small) write(change func()) error {
	if s.left == 0 {
		return errStopped
	}
	s.left--
	change()
	return nil
}

func (s *small) Set(_ context.Context, item, value string) error {
	if len(value) > s.limit {
		return ErrTooBig
	}
	return s.write(func() { s.items[item] = value })
}

func (s *small) Delete(_ context.Context, item string) error {
	if _, ok := s.items[item]; !ok {
		return ErrNotFound
	}
	return s.write(func() { delete(s.items, item) })
}

func newSmall() *small { return &small{items: map[string]string{}, limit: 100, left: -1} }

func TestSplitting(t *testing.T) {
	s := newSmall()
	for _, size := range []int{0, 1, 60, 61, 100, 4000, 300, 60} { // up, down, and across the limit both ways
		value := bytes.Repeat([]byte{byte(size)}, size)
		if err := writeFramed(t.Context(), s, "git/x", value); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if got, err := readFramed(t.Context(), s, "git/x"); err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes: read %d, %v", size, len(got), err)
		}
		if most := len(frame(value))/100 + 2; len(s.items) > most {
			t.Errorf("%d bytes: %d items, of which some are left over", size, len(s.items))
		}
	}
	if err := writeFramed(t.Context(), s, "git/x", bytes.Repeat([]byte("x"), 100*maxParts)); !errors.Is(err, ErrTooBig) {
		t.Errorf("too much: %v", err)
	}
	if err := removeFramed(t.Context(), s, "git/x"); err != nil || len(s.items) != 0 {
		t.Errorf("%v, and %d items are left", err, len(s.items))
	}
}

// Wherever a write stops, what is read is the old value or the new one, whole; and writing again mends everything.
func TestSplitWriteStops(t *testing.T) {
	sizes := []int{10, 500, 900}
	for _, from := range sizes {
		for _, to := range sizes {
			for stop := 0; ; stop++ {
				s := newSmall()
				before, after := bytes.Repeat([]byte("b"), from), bytes.Repeat([]byte("a"), to)
				if err := writeFramed(t.Context(), s, "x", before); err != nil {
					t.Fatal(err)
				}
				s.left = stop
				err := writeFramed(t.Context(), s, "x", after)
				s.left = -1
				got, readErr := readFramed(t.Context(), s, "x")
				if readErr != nil || !bytes.Equal(got, before) && !bytes.Equal(got, after) {
					t.Fatalf("%d to %d bytes, stopped at write %d: read %d bytes, %v", from, to, stop, len(got), readErr)
				}
				if err == nil {
					break
				}
				if again := writeFramed(t.Context(), s, "x", after); again != nil {
					t.Fatal(again)
				}
				if err := removeFramed(t.Context(), s, "x"); err != nil || len(s.items) != 0 {
					t.Fatalf("%d to %d bytes, stopped at write %d: %v, left over %d", from, to, stop, err, len(s.items))
				}
			}
		}
	}
}

// Stores that change what they are given are found out when it is written.
func TestLyingStore(t *testing.T) {
	for name, lie := range map[string]func(string) string{
		"truncates": func(v string) string { return v[:len(v)-1] },
		"adds":      func(v string) string { return v + "\nwarning: something" },
		"empties":   func(string) string { return "" },
	} {
		s := newSmall()
		s.lie = lie
		if err := writeFramed(t.Context(), s, "x", []byte("secret")); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("secret"), "cm1:c2VjcmV0.2bb80d53")
	f.Fuzz(func(t *testing.T, value []byte, text string) {
		if got, err := unframe(frame(value)); err != nil || !bytes.Equal(got, value) {
			t.Errorf("%q is read back as %q, %v", value, got, err)
		}
		if got, err := unframe(text); err == nil && frame(got) != text {
			t.Errorf("%q is taken for %q", text, got)
		}
	})
}

// Names never meet, in a store or on a disk that knows no upper case, and parts meet no name.
func FuzzNames(f *testing.F) {
	f.Add("aws/me", "aws/Me")
	f.Add("a%b", "a%25b")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a != b && (item(a) == item(b) || strings.EqualFold(FileName(a), FileName(b))) {
			t.Errorf("%q and %q meet", a, b)
		}
		if strings.Contains(item(a), "%part-") || item(b) == partName(item(a), "a", 0) {
			t.Errorf("%q meets a part of %q", b, a)
		}
		if strings.ContainsAny(item(a), "\\'\" \n\x00") || strings.ContainsAny(FileName(a), "/\\:\x00") {
			t.Errorf("%q keeps what stores quote", a)
		}
	})
}

func ExampleError() {
	fmt.Println(failed("read", "aws/me", ErrLocked))
	// Output: read aws/me: the keychain is locked
}
