package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// What the reports say. perf writes "<not supported>" where the processor does not count.
const (
	perfCount      = `(?m)^(\d+),`
	callgrindCount = `Collected : (\d+)`
)

// steady makes a Go program take much the same way each time: one processor, no collector.
const steady = "GOMAXPROCS=1 GOGC=off"

// perf has the processor count, in user mode.
func (w *world) perf(c command) (int64, error) {
	report := filepath.Join(w.dir, "perf")
	text, err := w.underneath(c, strings.Fields(steady), report, "perf", "stat", "--field-separator=,", "--event=instructions:u", "--output="+report, "--")
	if err != nil {
		return 0, err
	}
	return find(perfCount, text)
}

// valgrindTries bounds how often a run that failed is begun again.
const valgrindTries = 4

// callgrind has every instruction translated and counted. Two things of a Go program are more than Valgrind 3.19 bears: the
// instruction RDTSCP, which Go takes for available where Valgrind says so and then does not know it; and the signals that
// interrupt goroutines, on which an assertion of Callgrind fails.
func (w *world) callgrind(c command) (n int64, err error) {
	report := filepath.Join(w.dir, "callgrind")
	env := strings.Fields(steady + " GODEBUG=cpu.rdtscp=off,asyncpreemptoff=1")
	for range valgrindTries {
		var text string
		if text, err = w.underneath(c, env, report, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file="+report); err != nil {
			continue
		}
		if n, err = find(callgrindCount, text); err == nil {
			return n, nil
		}
	}
	return 0, err
}

// underneath runs a command below a program that counts, and returns that one's report.
func (w *world) underneath(c command, env []string, report, program string, options ...string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", err
	}
	args := append(append([]string{path}, options...), w.program(c.args[0]))
	p, err := w.run(command{args: append(args, c.args[1:]...), env: append(env, c.env...), stdin: c.stdin, before: c.before})
	if err == nil && p.out == "" {
		err = errors.New("it printed nothing")
	}
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(report)
	return string(text), err
}

func find(pattern, text string) (int64, error) {
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		return 0, fmt.Errorf("it did not count: %s", strings.TrimSpace(text))
	}
	return strconv.ParseInt(match[1], 10, 64)
}
