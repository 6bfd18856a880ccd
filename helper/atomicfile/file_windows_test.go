package atomicfile_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/platformtest"
)

// What credmint's readers have open is replaced, renamed and removed at once, and they go on with what they have.
func TestReadersAreNotInTheWay(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"write":   func(path string) error { return atomicfile.Write(path, []byte("new"), 0o600) },
		"rename":  func(path string) error { return atomicfile.Rename(path, path+".1") },
		"replace": func(path string) error { return atomicfile.Rename(path+".next", path) },
		"remove":  atomicfile.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "write" || name == "replace" {
				platformtest.NotOnWine(t, "it replaces no file that is open, whatever is asked for")
			}
			path := filepath.Join(t.TempDir(), "f")
			for _, file := range []string{path, path + ".next"} {
				if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			reader, _, err := atomicfile.OpenLinked(path, 100)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			if err := change(path); err != nil { // which has waited for the reader
				t.Error(err)
			}
			if data, err := io.ReadAll(reader); err != nil || string(data) != "old" {
				t.Errorf("the reader has %q, %v", data, err)
			}
		})
	}
}

// What others have open is replaced, renamed and removed when they let go, and there is a limit to the wait.
func TestFileIsOpenElsewhere(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"write":  func(path string) error { return atomicfile.Write(path, []byte("new"), 0o600) },
		"rename": func(path string) error { return atomicfile.Rename(path, path+".1") },
		"remove": atomicfile.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			held, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(path); err == nil {
				t.Error("a file that is open was changed: the test shows nothing")
			}
			if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
				t.Errorf("%q, %v", data, err)
			}
			time.AfterFunc(100*time.Millisecond, func() { held.Close() })
			if err := change(path); err != nil {
				t.Error(err)
			}
		})
	}
}
