package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"credmint/keychain/keychaintest"
)

// world is everything that runs around the measured processes. What a row needs is started when it is first asked for.
type world struct {
	ctx    context.Context
	dir    string
	buses  []*keychaintest.Bus
	clouds map[string]*cloud
	homes  map[string]*home
}

func newWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{
		ctx: ctx, dir: dir,
		clouds: map[string]*cloud{}, homes: map[string]*home{},
	}
	for _, pkg := range []string{
		"credmint/cmd/credmint", "credmint/helper/mint/awstest/loopback",
		"credmint/cmd/bench/testdata/hello", "credmint/cmd/bench/testdata/peak",
	} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w -funcalign=16", // as install.sh does
			"-o", dir+string(filepath.Separator), pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %s", pkg, err, out)
		}
	}
	return w, nil
}

// startBus starts a session bus with an open gnome-keyring, in which there are so many items of other programs.
func (w *world) startBus(dir string, foreign int) (*keychaintest.Bus, error) {
	var bus *keychaintest.Bus
	err := favour(func() (err error) {
		bus, err = keychaintest.Start(dir, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start a Secret Service (Debian: %s): %w", keychaintest.Packages, err)
	}
	w.buses = append(w.buses, bus)
	var items []keychaintest.Item
	for i := range foreign {
		items = append(items, keychaintest.Item{Key: fmt.Sprintf("other-%d", i), Value: "secret"})
	}
	return bus, bus.Collect("Login", items...)
}

// cloud is a loopback AWS.
type cloud struct {
	cmd  *exec.Cmd
	hold io.Closer // it ends when this closes
	info map[string]string
}

// cloud starts a loopback AWS with these arguments.
func (w *world) cloud(args ...string) (*cloud, error) {
	name := strings.Join(args, " ")
	if w.clouds[name] != nil {
		return w.clouds[name], nil
	}
	c := &cloud{cmd: exec.Command(w.program("loopback"), args...)}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.hold = stdin
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := favour(c.cmd.Start); err != nil {
		return nil, err
	}
	w.clouds[name] = c
	return c, json.NewDecoder(stdout).Decode(&c.info)
}

// post tells the loopback AWS something.
func (c *cloud) post(path, body string) error {
	resp, err := http.Post(c.info["endpoint"]+"/_awstest/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s: %s", path, resp.Status)
	}
	return nil
}

// calls is how many calls there were since the last reset.
func (c *cloud) calls() (sum int, err error) {
	resp, err := http.Get(c.info["endpoint"] + "/_awstest/calls")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var counts map[string]int
	if err := json.NewDecoder(resp.Body).Decode(&counts); err != nil {
		return 0, err
	}
	for _, n := range counts {
		sum += n
	}
	return sum, nil
}

// close ends what was started. What it has on disk is below the world's directory.
func (w *world) close() {
	for _, h := range w.homes {
		h.leave()
	}
	for _, c := range w.clouds {
		c.hold.Close()
		_ = c.cmd.Wait()
	}
	for _, b := range w.buses {
		b.Close()
	}
}
