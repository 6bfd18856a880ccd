package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stuck is when a process that still runs is ended. Nothing here takes a tenth of it.
const stuck = time.Minute

// command is a program with its surroundings. It must succeed, and print something.
type command struct {
	args   []string // the first is a name in the world's directory, or a whole path
	env    []string // all of it
	stdin  string
	before func() error // each time, and not measured
}

// process is what a process took from its start to its end, and what it printed.
type process struct {
	wall, cpu time.Duration
	out       string
}

func (w *world) program(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.dir, name)
}

// run runs a process to its end.
func (w *world) run(c command) (process, error) {
	if c.before != nil {
		if err := c.before(); err != nil {
			return process{}, err
		}
	}
	ctx, cancel := context.WithTimeout(w.ctx, stuck)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.program(c.args[0]), c.args[1:]...)
	cmd.Env, cmd.Stdin = c.env, strings.NewReader(c.stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return process{}, fmt.Errorf("%s: %w: %s", strings.Join(c.args, " "), err, errs.Bytes())
	}
	return process{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out: out.String()}, nil
}

// inTurn measures commands beside each other. Which is first changes with the turn, and each comes after a hello that does
// not count, so that none finds the machine as a larger one left it.
func (w *world) inTurn(turn int, commands ...command) ([]process, error) {
	measured := make([]process, len(commands))
	for i := range commands {
		at := (i + turn) % len(commands)
		if _, err := w.run(w.hello()); err != nil {
			return nil, err
		}
		p, err := w.run(commands[at])
		if err == nil && p.out == "" {
			err = fmt.Errorf("%s: it printed nothing", strings.Join(commands[at].args, " "))
		}
		if err != nil {
			return nil, err
		}
		measured[at] = p
	}
	return measured, nil
}

func (w *world) hello() command { return command{args: []string{"hello"}} }
