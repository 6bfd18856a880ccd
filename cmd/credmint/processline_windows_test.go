package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A program gets a first word that every SDK runs, which is its path in another spelling, where the volume has short names.
func TestProgramWord(t *testing.T) {
	for _, name := range []string{"plain", "with a space", "Jürgen", "Jürgen & Müller", "日本"} {
		path := filepath.Join(t.TempDir(), name, "credmint.exe")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if dir := filepath.Dir(path); name != "plain" && shortPath(dir) == dir {
			t.Skipf("there are no short names on the volume of %s", dir)
		}
		word := programWord(path)
		if (word == path) != (name == "plain") || needsQuotes(word) || misread(word) != "" || filepath.Base(word) != "credmint.exe" {
			t.Errorf("%s is written as %s", path, word)
		}
		if !sameFile(word, path) {
			t.Errorf("%s is another file than %s", word, path)
		}
	}
}

func TestMisread(t *testing.T) {
	for line, want := range map[string]bool{
		`C:\x\credmint.exe aws me`: false, `C:\x\credmint.exe aws "my role"`: false,
		`"C:\x y\credmint.exe" aws me`: true, `C:\Jürgen\credmint.exe aws me`: true,
	} {
		if got := misread(line); (got != "") != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}
