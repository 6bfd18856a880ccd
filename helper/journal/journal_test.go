package journal_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"credmint/helper/journal"
)

func entry(profile string) journal.Entry {
	return journal.Entry{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Profile: profile, Kind: "role", Outcome: journal.Minted}
}

func all(t *testing.T, j journal.Journal) (entries []journal.Entry, damaged int) {
	t.Helper()
	damaged, err := j.Read(func(e journal.Entry) { entries = append(entries, e) })
	if err != nil {
		t.Fatal(err)
	}
	return entries, damaged
}

// Many writers at once lose no line and tear none, and the two files stay within their bounds.
func TestAppend(t *testing.T) {
	j := journal.Journal{Path: filepath.Join(t.TempDir(), "state", "log.jsonl"), Size: 20000}
	if entries, damaged := all(t, j); len(entries) != 0 || damaged != 0 {
		t.Errorf("a record that has not begun has %d entries", len(entries))
	}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 20 {
				if err := j.Append(entry(fmt.Sprintf("%d-%d", w, n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	entries, damaged := all(t, j)
	if len(entries) != 160 || damaged != 0 {
		t.Errorf("%d entries, %d damaged, want 160", len(entries), damaged)
	}
	for n := range 2000 {
		if err := j.Append(entry(fmt.Sprintf("late-%d", n))); err != nil {
			t.Fatal(err)
		}
	}
	entries, damaged = all(t, j)
	if last := entries[len(entries)-1].Profile; last != "late-1999" || damaged != 0 {
		t.Errorf("the last is %s, %d are damaged", last, damaged)
	}
	for _, name := range []string{j.Path, j.Path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > j.Size+1000 || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("%s has %d bytes and mode %v", name, info.Size(), info.Mode())
		}
	}
}

func TestDamage(t *testing.T) {
	j := journal.Journal{Path: filepath.Join(t.TempDir(), "log.jsonl")}
	long := entry("long")
	long.Error = strings.Repeat("é", 400)
	for _, e := range []journal.Entry{entry("a\nb\x1b[2J"), long} {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(j.Path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte("\n")) != 2 || bytes.Contains(data, []byte("\x1b")) || len(data) > 1000 {
		t.Errorf("the file is %q", data)
	}
	if err := os.WriteFile(j.Path, append([]byte("{}\nnot JSON\n\xff\n"), append(data, `{"time":"20`...)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if entries, damaged := all(t, j); len(entries) != 2 || entries[0].Profile != "a\nb\x1b[2J" || damaged != 4 {
		t.Errorf("%d entries, %d damaged: %+v", len(entries), damaged, entries)
	}
}

// Whoever planted a link, a pipe or a directory gets nothing written there, and holds nobody up.
func TestAppendRefuses(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Skip(err)
	}
	if err := (journal.Journal{Path: link}).Append(entry("a")); err == nil && runtime.GOOS != "windows" {
		t.Error("a link was followed")
	}
	if err := (journal.Journal{Path: dir}).Append(entry("a")); err == nil {
		t.Error("a directory was written to")
	}
	if _, err := os.Stat(elsewhere); err == nil && runtime.GOOS != "windows" {
		t.Error("the link's target was made")
	}
}

// Those who follow see what is added, across an exchange of the files, and nothing that was there before.
func TestFollow(t *testing.T) {
	j := journal.Journal{Path: filepath.Join(t.TempDir(), "log.jsonl"), Size: 500}
	if err := j.Append(entry("before")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- j.Follow(ctx, time.Millisecond, func(e journal.Entry) { seen <- e.Profile })
	}()
	first := "" // the file is being opened: what is added meanwhile may be before or after that
	for n := 0; first == ""; n++ {
		if err := j.Append(entry(fmt.Sprintf("hello-%d", n))); err != nil {
			t.Fatal(err)
		}
		select {
		case first = <-seen:
		case <-time.After(20 * time.Millisecond):
		}
	}
	if first == "before" {
		t.Error("it begins with what was there")
	}
	for n := range 30 {
		want := fmt.Sprintf("new-%d", n)
		if err := j.Append(entry(want)); err != nil {
			t.Fatal(err)
		}
		for got := ""; got != want; {
			select {
			case got = <-seen:
				if got != want && !strings.HasPrefix(got, "hello-") {
					t.Fatalf("%s came before %s", got, want)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s does not come", want)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
