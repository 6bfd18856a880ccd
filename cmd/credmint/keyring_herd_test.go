//go:build linux

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A thousand calls a day, from fifty programs at a time: a gnome-keyring that is asked in the wrong order dies of it sooner
// or later, and takes the unlocked keyring with it. Every call is answered, and nothing is left of any.
func TestManyHits(t *testing.T) {
	d := newDesktop(t)
	own := filepath.Join(t.TempDir(), "credmint") // what runs by this name is this test's
	if err := os.Link(d.self, own); err != nil {
		t.Fatal(err)
	}
	d.self = own
	want := d.mustRun(d.command(d.self, "aws", "reader"))
	d.aws.Close() // what is no hit fails
	hits := 300
	if slow {
		hits = 20000
	}
	files := filesBelow(t, d.home)
	var (
		wg          sync.WaitGroup
		asked, last atomic.Int64 // last is the longest
		began       = time.Now()
	)
	for range 50 {
		wg.Go(func() {
			for asked.Add(1) <= int64(hits) && !t.Failed() {
				start := time.Now()
				out, err := d.command(d.self, "aws", "reader").CombinedOutput()
				if err != nil || string(out) != want {
					t.Errorf("%v: %s", err, out)
				}
				for took := int64(time.Since(start)); ; {
					if longest := last.Load(); took <= longest || last.CompareAndSwap(longest, took) {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d hits, 50 at a time, in %s; the longest took %s", hits, time.Since(began).Round(time.Millisecond), time.Duration(last.Load()).Round(time.Millisecond))
	if !d.bus.Alive() {
		t.Error("gnome-keyring is gone")
	}
	if left := processesOf(d.self); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
	if now := filesBelow(t, d.home); !slices.Equal(now, files) {
		t.Errorf("there were %q, and now are %q", files, now)
	}
}

func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// processesOf lists the processes that run a program.
func processesOf(program string) (running []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if exe, err := os.Readlink(link); err == nil && strings.TrimSuffix(exe, " (deleted)") == program {
			running = append(running, filepath.Dir(link))
		}
	}
	return running
}
