package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper/journal"
	"credmint/helper/platformtest"
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

// Many writers at once lose no line and tear none.
func TestAppendAtOnce(t *testing.T) {
	platformtest.NotOnWine(t, "it looks for a file's end and writes there, which are two steps")
	j := newRecord(t)
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
	if entries, damaged := all(t, j); len(entries) != 160 || damaged != 0 {
		t.Errorf("%d entries, %d damaged, want 160", len(entries), damaged)
	}
}

// The two files stay within their bounds, and keep what came last.
func TestAppend(t *testing.T) {
	j := newRecord(t)
	for n := range 2000 {
		if err := j.Append(entry(fmt.Sprintf("late-%d", n))); err != nil {
			t.Fatal(err)
		}
	}
	entries, damaged := all(t, j)
	if last := entries[len(entries)-1].Profile; last != "late-1999" || damaged != 0 {
		t.Errorf("the last is %s, %d are damaged", last, damaged)
	}
	for _, name := range []string{j.Path, j.Path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > j.Size+1000 || platformtest.KeepsModes && info.Mode() != 0o600 {
			t.Errorf("%s has %d bytes and mode %v", name, info.Size(), info.Mode())
		}
	}
}

// newRecord is one that has not begun, whose files take some two hundred entries.
func newRecord(t *testing.T) journal.Journal {
	return journal.Journal{Path: filepath.Join(t.TempDir(), "state", "log.jsonl"), Size: 20000}
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
	if err := (journal.Journal{Path: dir}).Append(entry("a")); err == nil {
		t.Error("a directory was written to")
	}
	elsewhere := filepath.Join(dir, "elsewhere")
	link := filepath.Join(dir, "link")
	platformtest.Symlink(t, elsewhere, link)
	if err := (journal.Journal{Path: link}).Append(entry("a")); err == nil {
		t.Error("a link was followed")
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("the link's target was made")
	}
}

// Who follows sees what is added, once, however often the files are exchanged between two looks, and nothing that was there
// before. What only two files held is all there.
func TestFollow(t *testing.T) {
	for name, before := range map[string]func(j journal.Journal) error{
		"a record that has not begun": func(journal.Journal) error { return nil },
		"a record":                    func(j journal.Journal) error { return j.Append(entry("before")) },
		"a record that was just exchanged": func(j journal.Journal) error {
			return errors.Join(j.Append(entry("before")), os.Rename(j.Path, j.Path+".1"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := journal.Journal{Path: filepath.Join(t.TempDir(), "log.jsonl"), Size: 1000}
			if err := before(j); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { followed(t, j) })
		})
	}
}

func followed(t *testing.T, j journal.Journal) {
	f := follow(t, j)
	n := 0
	for _, added := range []int{1, 0, 3, 30, 1, 1, 17, 0, 11} { // some ten entries fill a file
		for range added {
			n++
			if err := j.Append(entry(fmt.Sprint("new-", n))); err != nil {
				t.Fatal(err)
			}
		}
		seen := f.look()
		if added > 20 { // more than two files
			seen = seen[len(seen)-1:]
		} else if len(seen) != added {
			t.Errorf("%d were added, and %q seen", added, seen)
		}
		for i, profile := range seen {
			if want := fmt.Sprint("new-", n-len(seen)+1+i); profile != want {
				t.Errorf("%s came, want %s", profile, want)
			}
		}
	}
	f.end()
}

// follower looks when it is told to, by a clock of the test's own.
type follower struct {
	seen []string
	end  func()
}

const interval = time.Second

func follow(t *testing.T, j journal.Journal) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{}
	ended := make(chan error, 1)
	go func() { ended <- j.Follow(ctx, interval, func(e journal.Entry) { f.seen = append(f.seen, e.Profile) }) }()
	f.end = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	synctest.Wait() // until it has opened the file
	return f
}

// look returns what came since the last time.
func (f *follower) look() []string {
	time.Sleep(interval)
	synctest.Wait()
	seen := f.seen
	f.seen = nil
	return seen
}

// A writer that was cut off costs its own line, and not the one after it.
func TestTorn(t *testing.T) { synctest.Test(t, torn) }

func torn(t *testing.T) {
	j := journal.Journal{Path: filepath.Join(t.TempDir(), "log.jsonl")}
	f := follow(t, j)
	defer f.end()
	if err := j.Append(entry("first")); err != nil {
		t.Fatal(err)
	}
	f.look()
	whole, err := os.ReadFile(j.Path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(whole); n++ {
		if err := os.WriteFile(j.Path, append(whole[:len(whole):len(whole)], whole[:n]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := j.Append(entry("next")); err != nil {
			t.Fatal(err)
		}
		entries, damaged := all(t, j)
		if n == len(whole)-1 { // all but the line feed
			entries, damaged = entries[1:], damaged+1
		}
		if len(entries) != 2 || entries[1].Profile != "next" || damaged != 1 {
			t.Errorf("torn at %d: %d damaged, %+v", n, damaged, entries)
		}
	}
	if seen := f.look(); seen[len(seen)-1] != "next" {
		t.Errorf("who follows sees %q", seen)
	}
}
