//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// keyringWorld is a home with an access key, a session and a git login that are kept in a Secret Service.
type keyringWorld struct {
	t        *testing.T
	self     string
	prepared string // the home, which no cell touches
	items    []keychaintest.StoredItem
	env      []string // but for the home and the bus
	alice    *awstest.User
	answer   string // of the kept session
}

const gitPassword = "hunter2-of-git"

func newKeyringWorld(t *testing.T) *keyringWorld {
	t.Helper()
	keychaintest.Need(t)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	aws := awstest.New()
	w := &keyringWorld{t: t, self: self, prepared: t.TempDir(), alice: aws.AddUser("111111111111", "alice")}
	w.env = []string{"AWS_ENDPOINT_URL=" + aws.Start(), "AWS_EC2_METADATA_DISABLED=true", "LANG=C.UTF-8"}
	t.Cleanup(aws.Close)
	if err := os.Mkdir(filepath.Join(w.prepared, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := keyringCell{world: w, home: w.prepared, env: w.env}
	c.serve(t, keychaintest.Behaviour{})
	for _, act := range []act{w.add("plain"), w.warm(), w.store()} {
		if run := c.run(act); run.code != 0 {
			t.Fatalf("%v: exit code %d: %s", act.args, run.code, run.stderr)
		} else if act.args[0] == "aws" {
			w.answer = run.stdout
		}
	}
	w.items = c.service.Items()
	return w
}

// act is something that a program or a person asks of credmint.
type act struct {
	args  []string
	stdin string
}

func (w *keyringWorld) warm() act { return act{args: []string{"aws", "plain"}} }

func (w *keyringWorld) read() act {
	return act{[]string{"git", "get"}, "protocol=https\nhost=git.example\n\n"}
}

func (w *keyringWorld) store() act {
	return act{[]string{"git", "store"}, "protocol=https\nhost=git.example\nusername=alice\npassword=" + gitPassword + "\n\n"}
}

func (w *keyringWorld) add(profile string) act {
	return act{[]string{"add", "--stdin", profile}, w.alice.AccessKeyID + "\n" + w.alice.Secret + "\n"}
}

// keyringCell is a copy of the world in which one act is tried.
type keyringCell struct {
	world   *keyringWorld
	home    string
	env     []string
	bus     *keychaintest.Bus
	service *keychaintest.Service
}

func (w *keyringWorld) cell(t *testing.T) *keyringCell {
	t.Helper()
	c := &keyringCell{world: w, home: filepath.Join(t.TempDir(), "home"), env: slices.Clone(w.env)}
	if err := os.CopyFS(c.home, os.DirFS(w.prepared)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.home, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() { // os.CopyFS makes them for everybody
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve puts a service with the world's items on a bus of its own, which is the cell's from then on.
func (c *keyringCell) serve(t *testing.T, how keychaintest.Behaviour) {
	t.Helper()
	bus, err := keychaintest.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	service, err := keychaintest.Serve(bus, how, c.world.items...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	c.bus, c.service = bus, service
}

// run is what came of an act.
type ran struct {
	code           int
	stdout, stderr string
	took           time.Duration
	left           []string // processes
	done           bool
}

func (c *keyringCell) run(a act) ran {
	cmd := exec.Command(c.world.self, a.args...)
	cmd.Env = append([]string{"HOME=" + c.home, "PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + filepath.Join(c.home, "none")}, c.env...)
	if c.bus != nil {
		cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS="+c.bus.Address)
	}
	cmd.Dir, cmd.Stdin = c.home, strings.NewReader(a.stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	_ = cmd.Run()
	return ran{cmd.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(start), sessionOf(cmd.Process.Pid), true}
}

// sessionOf lists the processes of a session, whose leader is no more.
func sessionOf(leader int) []string {
	var left []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		after := data[bytes.LastIndexByte(data, ')')+1:] // proc_pid_stat(5): state, parent, group, session
		if fields := strings.Fields(string(after)); len(fields) > 3 && fields[3] == fmt.Sprint(leader) {
			left = append(left, string(data))
		}
	}
	return left
}

// hold checks what holds whatever happens: one whole document or nothing, no secret in sight, nothing left, and no wait
// without an end.
func (c *keyringCell) hold(t *testing.T, r ran, limit time.Duration) {
	t.Helper()
	if r.took > limit {
		t.Errorf("took %s", r.took)
	}
	for _, secret := range []string{c.world.alice.Secret, gitPassword} {
		if strings.Contains(r.stderr, secret) {
			t.Errorf("stderr shows a secret: %s", r.stderr)
		}
	}
	if r.code != 0 && r.stdout != "" {
		t.Errorf("failed, and printed %q", r.stdout)
	}
	if len(r.left) > 0 {
		t.Errorf("processes are left: %q", r.left)
	}
	err := filepath.WalkDir(c.home, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(path, ".tmp-") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// verdict is what must come of an act.
type verdict struct {
	code  int
	words string // a pattern for stderr
}

var (
	answered    = verdict{0, `^$`}
	unavailable = verdict{exitUnavailable, `^credmint: error: .*there is no keychain: .*\ncredmint: hint: start a Secret Service`}
	timedOut    = verdict{exitUnavailable, `^credmint: error: .*the keychain does not answer: no answer in 3s\ncredmint: hint: `}
	isLocked    = verdict{exitPerson, `^credmint: error: .*the keychain is locked\ncredmint: hint: unlock the keyring`}
	declined    = verdict{exitPerson, `^credmint: error: .*access to the keychain was declined`}
	damaged     = verdict{exitFailed, `^credmint: error: .*the keychain's item is damaged`}
)

// keyringFault is a bad day of a keychain, and what must come of a warm hit, of reading a secret, and of writing one.
type keyringFault struct {
	how               keychaintest.Behaviour
	env               []string
	spoil             func(t *testing.T, c *keyringCell) // instead of, or beside, what the service does
	warm, read, write verdict
	waits             bool // for its deadline
	changed           bool // the items are others when it is over
}

func on(step string, how keychaintest.How) keychaintest.Behaviour {
	return keychaintest.Behaviour{Fault: keychaintest.Fault{At: step, How: how}}
}

func then(step string, how keychaintest.How, after string) keychaintest.Behaviour {
	return keychaintest.Behaviour{Fault: keychaintest.Fault{At: step, How: how, After: after}}
}

// written is a write that is done although the warm path and readers have it otherwise.
var written = verdict{0, `^stored access key `}

var desktopEnv = []string{"DISPLAY=:1"} // a desktop has a prompter; the service is what answers for it here

var keyringFaults = map[string]keyringFault{
	"well": {warm: answered, read: answered, write: written, changed: true},

	"hangs at Collections": {how: on("Collections", keychaintest.Hang), warm: timedOut, read: timedOut, write: timedOut, waits: true},
	"hangs at OpenSession": {how: on("OpenSession", keychaintest.Hang), warm: timedOut, read: timedOut, write: timedOut, waits: true},
	"hangs at SearchItems": {how: on("SearchItems", keychaintest.Hang), warm: timedOut, read: timedOut, write: timedOut, waits: true},
	"hangs at GetSecret":   {how: on("GetSecret", keychaintest.Hang), warm: timedOut, read: timedOut, write: timedOut, waits: true},
	"hangs at Unlock":      {how: on("Unlock", keychaintest.Hang), warm: answered, read: answered, write: timedOut, waits: true},
	"hangs at CreateItem":  {how: on("CreateItem", keychaintest.Hang), warm: answered, read: answered, write: timedOut, waits: true},
	"hangs at Prompt": {
		how:  keychaintest.Behaviour{Prompts: true, Fault: keychaintest.Fault{At: "Prompt", How: keychaintest.Hang}},
		warm: answered, read: answered, write: timedOut, waits: true,
	},
	"the bus is silent": {spoil: silentBus, warm: timedOut, read: timedOut, write: timedOut, waits: true},
	"the bus is frozen": {spoil: func(_ *testing.T, c *keyringCell) { c.bus.Freeze() }, warm: timedOut, read: timedOut, write: timedOut, waits: true},

	"locked":                       {how: keychaintest.Behaviour{Locked: true}, warm: isLocked, read: isLocked, write: isLocked},
	"locked and a person unlocks":  {how: keychaintest.Behaviour{Locked: true}, env: desktopEnv, warm: answered, read: answered, write: written, changed: true},
	"locked and a person declines": {how: keychaintest.Behaviour{Locked: true, Dismiss: true}, env: desktopEnv, warm: declined, read: declined, write: declined},
	"writing is declined":          {how: keychaintest.Behaviour{Prompts: true, Dismiss: true}, warm: answered, read: answered, write: declined},
	"no default collection":        {how: keychaintest.Behaviour{NoCollection: true}, warm: unavailable, read: unavailable, write: unavailable},

	"no bus":                   {spoil: trapped(""), warm: unavailable, read: unavailable, write: unavailable},
	"no bus but autolaunch":    {spoil: trapped("autolaunch:"), warm: unavailable, read: unavailable, write: unavailable},
	"a bus that is gone":       {spoil: func(_ *testing.T, c *keyringCell) { c.bus.Close() }, warm: unavailable, read: unavailable, write: unavailable},
	"no service":               {spoil: func(_ *testing.T, c *keyringCell) { c.service.Close() }, warm: unavailable, read: unavailable, write: unavailable},
	"goes away at SearchItems": {how: on("SearchItems", keychaintest.Leave), warm: unavailable, read: unavailable, write: unavailable},
	"goes away at GetSecret":   {how: on("GetSecret", keychaintest.Leave), warm: unavailable, read: unavailable, write: unavailable},
	"bus dies at OpenSession":  {how: on("OpenSession", keychaintest.Die), warm: unavailable, read: unavailable, write: unavailable},
	"bus dies at GetSecret":    {how: on("GetSecret", keychaintest.Die), warm: unavailable, read: unavailable, write: unavailable},
	"bus dies at CreateItem":   {how: on("CreateItem", keychaintest.Die), warm: answered, read: answered, write: unavailable},
	"bus dies after CreateItem": {
		how: then("Collections", keychaintest.Die, "CreateItem"), warm: answered, read: answered, write: unavailable, changed: true,
	},

	"wrong types at Collections": {how: on("Collections", keychaintest.Wrong), warm: unavailable, read: unavailable, write: unavailable},
	"wrong types at SearchItems": {how: on("SearchItems", keychaintest.Wrong), warm: unavailable, read: unavailable, write: unavailable},
	"wrong types at GetSecret":   {how: on("GetSecret", keychaintest.Wrong), warm: unavailable, read: unavailable, write: unavailable},
	"2 MiB at GetSecret":         {how: on("GetSecret", keychaintest.Huge), warm: damaged, read: damaged, write: damaged},
}

// slow has all of what an ordinary run has a sample of.
var slow = os.Getenv("CREDMINT_SLOW") != ""

// TestKeyringFaults tries each fault with the real program, and what failed again when all is well: that needs nobody's help.
func TestKeyringFaults(t *testing.T) {
	w := newKeyringWorld(t)
	few := make(chan struct{}, 4)
	type result struct {
		cell        *keyringCell
		first, anew ran
		items       []keychaintest.StoredItem
	}
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		results = map[string]result{}
	)
	acts := map[string]act{"warm": w.warm(), "read": w.read(), "write": w.add("second")}
	for name, fault := range keyringFaults {
		for what, act := range acts {
			c := w.cell(t)
			c.env = append(c.env, fault.env...)
			c.serve(t, fault.how)
			if fault.spoil != nil {
				fault.spoil(t, c)
			}
			wg.Go(func() {
				if !fault.waits { // those that do need no processor meanwhile
					few <- struct{}{}
					defer func() { <-few }()
				}
				r := result{cell: c, first: c.run(act)}
				r.items = c.service.Items()
				if what == "warm" || slow && r.first.code != 0 {
					c.env = w.env
					c.serve(t, keychaintest.Behaviour{})
					r.anew = c.run(act)
				}
				mu.Lock()
				defer mu.Unlock()
				results[name+"/"+what] = r
			})
		}
	}
	wg.Wait()
	for name, fault := range keyringFaults {
		for what := range acts {
			want := fault.of(what)
			t.Run(name+"/"+what, func(t *testing.T) {
				r := results[name+"/"+what]
				r.cell.hold(t, r.first, 30*time.Second)
				w.check(t, what, r.first, want)
				same := func(a, b keychaintest.StoredItem) bool { return a.Value == b.Value }
				if got := r.items; !fault.changed && (len(got) < len(w.items) || !slices.EqualFunc(got[:len(w.items)], w.items, same)) {
					t.Errorf("the items became %q", got)
				}
				if want := keyringFaults["well"].of(what); r.anew.done {
					r.cell.hold(t, r.anew, 30*time.Second)
					w.check(t, what, r.anew, want)
				}
			})
		}
	}
}

// A process that serves sessions for days asks again for what it could not have once.
func TestServingAfterTheKeyringIsUnlocked(t *testing.T) {
	c := newKeyringWorld(t).cell(t)
	c.serve(t, keychaintest.Behaviour{Locked: true})
	for _, e := range append(c.env, "HOME="+c.home, "DBUS_SESSION_BUS_ADDRESS="+c.bus.Address, "DISPLAY=", "WAYLAND_DISPLAY=") {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	a := newApp()
	a.stderr = io.Discard
	p, err := a.profile("plain")
	if err != nil {
		t.Fatal(err)
	}
	served := newLive(a)
	if _, err := served.Session(t.Context(), p); err == nil || !strings.Contains(err.Error(), "the keychain is locked") {
		t.Errorf("Session = %v, want words on what is locked", err)
	}
	c.service.Unlock()
	if _, err := served.Session(t.Context(), p); err != nil {
		t.Errorf("Session = %v once it is unlocked", err)
	}
}

func (f keyringFault) of(what string) verdict {
	return map[string]verdict{"warm": f.warm, "read": f.read, "write": f.write}[what]
}

func (w *keyringWorld) check(t *testing.T, what string, got ran, want verdict) {
	t.Helper()
	if got.code != want.code || !regexp.MustCompile(want.words).MatchString(got.stderr) {
		t.Errorf("exit code %d and %q, want %d and %s", got.code, got.stderr, want.code, want.words)
	}
	switch {
	case want.code != 0:
	case what == "warm" && want == answered && got.stdout != w.answer:
		t.Errorf("it is not the kept session: %q", got.stdout)
	case what == "warm" && !strings.HasPrefix(got.stdout, `{"Version":1,`):
		t.Errorf("printed %q", got.stdout)
	case what == "read" && got.stdout != "username=alice\npassword="+gitPassword+"\n":
		t.Errorf("printed %q", got.stdout)
	}
}

// silentBus is one that takes connections and never says a word.
func silentBus(t *testing.T, c *keyringCell) {
	path := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c.bus = &keychaintest.Bus{Address: "unix:path=" + path}
}

// trapped leaves no bus, and programs that start one on PATH, which tell when they are run.
func trapped(address string) func(*testing.T, *keyringCell) {
	return func(t *testing.T, c *keyringCell) {
		c.bus = &keychaintest.Bus{Address: address}
		dir := t.TempDir()
		mark := filepath.Join(dir, "ran")
		for _, program := range []string{"dbus-launch", "dbus-daemon", "dbus-run-session", "gnome-keyring-daemon", "secret-tool"} {
			if err := writeProgram(filepath.Join(dir, program), []byte("#!/bin/sh\necho $0 >>"+mark+"\n")); err != nil {
				t.Fatal(err)
			}
		}
		c.env = append(c.env, "PATH="+dir+":"+os.Getenv("PATH"))
		t.Cleanup(func() {
			if ran, err := os.ReadFile(mark); err == nil {
				t.Errorf("it ran %s", ran)
			}
		})
	}
}
