//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"credmint/cmd/credmint/winetest"
	"credmint/helper/mfa"
	"credmint/keychain/keychaintest"
)

// TestEverywhere does the main job by one script on two systems: on Linux with a Secret Service, and on Windows, which is Wine
// here, with the Credential Manager.
func TestEverywhere(t *testing.T) {
	t.Run("linux", func(t *testing.T) {
		keychaintest.Need(t)
		programs := buildFor(t, "linux")
		runEverywhere(t, "linux", func(env *testscript.Env) error {
			bus, err := keychaintest.Start(filepath.Join(env.WorkDir, "keyring"), false)
			if err != nil {
				return err
			}
			env.Defer(bus.Close)
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
			env.Setenv("PATH", programs+":"+os.Getenv("PATH"))
			env.Setenv("DATA", "home/.local/share/credmint")
			env.Setenv("SESSIONS", "home/.cache/credmint/sessions")
			return nil
		})
	})
	t.Run("windows", func(t *testing.T) {
		windows := winetest.Must(t)
		home := windows.Home()
		programs := wrapped(t, windows)
		runEverywhere(t, "windows", func(env *testscript.Env) error {
			env.Setenv("PATH", programs+":"+os.Getenv("PATH"))
			env.Setenv("DATA", "home/AppData/Local/credmint")
			env.Setenv("SESSIONS", "home/AppData/Local/credmint/sessions")
			if err := os.RemoveAll(filepath.Join(env.WorkDir, "home")); err != nil {
				return err
			}
			if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
				return err
			}
			return os.Symlink(home, filepath.Join(env.WorkDir, "home"))
		})
		t.Run("packages", func(t *testing.T) { packagesOn(t, windows) })
		inCredentialManager(t, windows)
	})
}

// runEverywhere runs the scripts with a real keychain.
func runEverywhere(t *testing.T, system string, setUpSystem func(*testscript.Env) error) {
	// A group of its own, as scripts go on by themselves until the test that has them ends.
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                 filepath.Join("testdata", "everywhere"),
			RequireExplicitExec: true,
			Condition:           func(name string) (bool, error) { return name == "on-"+system, nil },
			Setup: func(env *testscript.Env) error {
				if err := setUp(env); err != nil {
					return err
				}
				env.Setenv("CREDMINT_KEYCHAIN", "os")
				env.Setenv("CREDMINT_PASSPHRASE", "")
				return setUpSystem(env)
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"calls": calls, "aws-is": awsIs, "expand": expand, "type-code": typeCode, "at-once": atOnce,
			},
		})
	})
}

// buildFor builds credmint, under all of its names, and the program outside for a system.
func buildFor(t *testing.T, system string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "with a späce")
	suffix := map[string]string{"windows": ".exe"}[system]
	for name, pkg := range map[string]string{"credmint": ".", "outside": "./testdata/outside"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name+suffix), pkg)
		build.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, name := range []string{"git-credential-credmint", "docker-credential-credmint"} {
		if err := os.Link(filepath.Join(dir, "credmint"+suffix), filepath.Join(dir, name+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wrapped makes programs of this system of those for Windows.
func wrapped(t *testing.T, windows *winetest.Windows) (dir string) {
	t.Helper()
	built := buildFor(t, "windows")
	dir = t.TempDir()
	for _, name := range []string{"credmint", "outside", "git-credential-credmint", "docker-credential-credmint"} {
		if err := windows.Wrap(filepath.Join(dir, name), filepath.Join(built, name+".exe")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// packagesOn runs on Windows what these packages' tests say of it: files that are replaced and removed while others have them,
// locks whose holders die, entries that were tampered with, lines for cmd.exe and for AWS's SDKs.
func packagesOn(t *testing.T, windows *winetest.Windows) {
	temp := t.TempDir()
	for pkg, pattern := range map[string]string{
		"cache":             "^Test(Killed|Hung|Failure|Waiter|Claim|Acquire|Tampered|Swapped|Directory|Delete|Tidy)",
		"helper/atomicfile": ".",
		"helper/awsconfig":  "^Test(Set|Large|Each|CR|Hostile)",
		"helper/journal":    ".",
		"cmd/credmint/kept": "^TestDispatch",
		"cmd/credmint":      "^Test(LinesInCmd|ProgramWord|Misread)",
	} {
		t.Run(pkg, func(t *testing.T) {
			if err := windows.Tests(filepath.Join("..", "..", pkg), temp, pattern); err != nil {
				t.Error(err)
			}
		})
	}
}

// inCredentialManager finds what the script left there, and no secret in clear in what Windows keeps.
func inCredentialManager(t *testing.T, windows *winetest.Windows) {
	t.Helper()
	registry, err := windows.Registry()
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range []string{"credmint:cache-key", "credmint:git/https://long.example.com%part-a0"} {
		if !strings.Contains(registry, item) {
			t.Errorf("the Credential Manager does not have %s", item)
		}
	}
	if strings.Contains(registry, "cm1:") {
		t.Error("the registry holds a secret in clear")
	}
}

// scriptCommand is a program with a script's environment as it was set up.
func scriptCommand(ts *testscript.TestScript, args []string) *exec.Cmd {
	env := ts.Value(envKey{}).(*testscript.Env)
	cmd := exec.Command(filepath.Join(filepath.SplitList(env.Getenv("PATH"))[0], args[0]), args[1:]...)
	cmd.Env, cmd.Dir = env.Vars, env.WorkDir
	return cmd
}

// typeCode runs a program that asks for a code of an MFA device, on a terminal, and types it: `type-code SEED PROGRAM
// [ARGUMENT...]`. Stdout stays the program's; stdin and stderr are the terminal, where Wine finds its console.
func typeCode(ts *testscript.TestScript, _ bool, args []string) {
	seed, err := mfa.ParseSeed(args[0])
	ts.Check(err)
	screen, tty, err := openPTY()
	ts.Check(err)
	defer screen.Close()
	ts.Check(pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 200}))
	out, err := os.Create(ts.MkAbs("typed")) // no pipe: Wine's desktop, which the first console starts, keeps it open
	ts.Check(err)
	defer out.Close()
	cmd := scriptCommand(ts, args[1:])
	cmd.Stdin, cmd.Stderr, cmd.Stdout = tty, tty, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	tty.Close()
	limit := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	shown := shows(screen, "MFA code for profile ")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	go func() { _, _ = io.Copy(io.Discard, screen) }()
	for asking := true; asking; { // again where Wine had not begun to read, and has dropped it
		_, _ = screen.WriteString(seed.Code(time.Now()) + "\r")
		select {
		case err = <-ended:
			asking = false
		case <-time.After(5 * time.Second):
		}
	}
	if err != nil {
		ts.Fatalf("%v; the terminal shows %q", err, shown)
	}
	_, _ = io.WriteString(ts.Stdout(), ts.ReadFile("typed"))
}

// shows reads a terminal until a question is there and nothing more comes: only then does Wine take what is typed. It gives
// up where the terminal is closed.
func shows(screen *os.File, question string) string {
	chunks := make(chan string)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer close(chunks)
		buf := make([]byte, 256)
		for {
			n, err := screen.Read(buf)
			if err != nil {
				return
			}
			select {
			case chunks <- string(buf[:n]):
			case <-done:
				return
			}
		}
	}()
	var seen strings.Builder
	for {
		var quiet <-chan time.Time
		if strings.Contains(seen.String(), question) {
			quiet = time.After(500 * time.Millisecond)
		}
		select {
		case chunk, open := <-chunks:
			if !open {
				return seen.String()
			}
			seen.WriteString(chunk)
		case <-quiet:
			return seen.String()
		}
	}
}

// atOnce runs so many processes of a command at the same time, which must all print the same: `at-once 8 credmint aws me`.
func atOnce(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var (
		wg      sync.WaitGroup
		outputs = make([]bytes.Buffer, n)
		errs    = make([]error, n)
	)
	for i := range n {
		wg.Go(func() {
			cmd := scriptCommand(ts, args[1:])
			cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
			if err := cmd.Run(); err != nil {
				errs[i] = fmt.Errorf("%w: %s", err, outputs[i].Bytes())
			}
		})
	}
	wg.Wait()
	ts.Check(errors.Join(errs...))
	for i := range n {
		if first := outputs[0].String(); outputs[i].String() != first {
			ts.Fatalf("one printed %q, another %q", first, outputs[i].String())
		}
	}
	_, _ = ts.Stdout().Write(outputs[0].Bytes())
}
