package cache_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestHerdMakesOnce is promise 3: of a hundred processes on an empty cache one makes the entry, and all get it.
func TestHerdMakesOnce(t *testing.T) {
	h := newHerd(t, 100)
	holder := h.allBegan()
	h.order(holder, "make")
	value := fmt.Sprint("by-", holder.cmd.Process.Pid)
	h.wantSaid(map[string]int{"made " + value: 1, "got " + value: 99})
}

func TestKilledHolderIsSucceeded(t *testing.T) {
	h := newHerd(t, 5)
	for range 2 {
		if err := h.allBegan().cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	holder := h.allBegan()
	h.order(holder, "make")
	value := fmt.Sprint("by-", holder.cmd.Process.Pid)
	h.wantSaid(map[string]int{"made " + value: 1, "got " + value: 2})
}

func TestHungHolderIsGivenUp(t *testing.T) {
	h := newHerd(t, 1)
	holder := h.allBegan()
	waiters := newHerdIn(t, h.dir, 4, "WAIT=50ms")
	busy := fmt.Sprint("error another process is still at it: process ", holder.cmd.Process.Pid)
	waiters.wantSaid(map[string]int{"began": 4, busy: 4})
	h.order(holder, "make")
	h.wantSaid(map[string]int{fmt.Sprint("made by-", holder.cmd.Process.Pid): 1})
}

// TestFailureIsShared is the MFA prompt that a person dismissed: it must not come up once for each who waits, and it
// must come up for who asks later.
func TestFailureIsShared(t *testing.T) {
	h := newHerd(t, 30)
	h.order(h.allBegan(), "fail", "dismissed")
	h.wantSaid(map[string]int{"failed dismissed": 1, "shared dismissed": 29})

	later := newHerdIn(t, h.dir, 1)
	holder := later.allBegan()
	later.order(holder, "make")
	later.wantSaid(map[string]int{fmt.Sprint("made by-", holder.cmd.Process.Pid): 1})
}

// herd is a number of acquireChild processes on one directory, and what they say.
type herd struct {
	t     *testing.T
	dir   string
	size  int
	begun int
	said  chan event
}

type event struct {
	by         *child
	word, text string
}

type child struct {
	cmd *exec.Cmd
	in  io.Writer
}

func newHerd(t *testing.T, size int, env ...string) *herd {
	return newHerdIn(t, newDir(t).Path, size, env...)
}

func newHerdIn(t *testing.T, dir string, size int, env ...string) *herd {
	t.Helper()
	h := &herd{t: t, dir: dir, size: size, said: make(chan event, 4*size)}
	for range size {
		h.start(env)
	}
	return h
}

func (h *herd) start(env []string) {
	h.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(h.t.Context(), exe, h.dir)
	cmd.Env = append(append(os.Environ(), childMode+"=acquire", "GORACE=atexit_sleep_ms=0"), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go func() {
		c := &child{cmd: cmd, in: in}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, text, _ := strings.Cut(lines.Text(), " ")
			h.said <- event{c, word, text}
		}
	}()
}

// allBegan waits until all are in the queue and one holds the lock.
func (h *herd) allBegan() (holder *child) {
	h.t.Helper()
	for h.begun < h.size || holder == nil {
		switch e := h.any(); e.word {
		case "began":
			h.begun++
		case "held":
			if holder != nil {
				h.t.Fatal("two processes hold the lock")
			}
			holder = e.by
		default:
			h.t.Fatalf("a process says %q, want it to hold the lock or wait", e.word+" "+e.text)
		}
	}
	return holder
}

func (h *herd) order(c *child, words ...string) {
	h.t.Helper()
	if _, err := fmt.Fprintln(c.in, strings.Join(words, " ")); err != nil {
		h.t.Fatal(err)
	}
}

// wantSaid waits for as many lines as want counts, and compares.
func (h *herd) wantSaid(want map[string]int) {
	h.t.Helper()
	got := make(map[string]int)
	for _, n := range want {
		for range n {
			e := h.any()
			got[strings.TrimSpace(e.word+" "+e.text)]++
		}
	}
	if !maps.Equal(got, want) {
		h.t.Errorf("the processes say %v, want %v", got, want)
	}
}

func (h *herd) any() event {
	h.t.Helper()
	select {
	case e := <-h.said:
		return e
	case <-time.After(30 * time.Second):
		h.t.Fatal("no process says anything")
		return event{}
	}
}
