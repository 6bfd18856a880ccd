// Bench times credmint as its callers see it: whole processes, from their start to their last byte, against a Go program
// that prints one line, in turn, so that the ratios hold on a machine whose speed drifts. It starts what it needs: the
// loopback AWS of the tests, and a gnome-keyring on a bus of its own (Debian: gnome-keyring, dbus).
//
//	go run ./cmd/bench [-n 60]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	n := flag.Int("n", 60, "rounds")
	flag.Parse()
	if err := run(*n); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int) error {
	dir, err := os.MkdirTemp("", "credmint-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &world{dir: dir}
	defer w.close()
	if err := w.start(); err != nil {
		return err
	}
	fmt.Printf("%d rounds, one process of each row in a round; ms and ratios are median (least-most)\n", rounds)
	if err := w.single(rounds); err != nil {
		return err
	}
	if err := w.many(rounds); err != nil {
		return err
	}
	for _, size := range []int{1, 50} {
		if err := w.herd(size); err != nil {
			return err
		}
	}
	return nil
}

// sample is what one process took.
type sample struct {
	wall, cpu time.Duration
}

// time runs a process to its end.
func (w *world) time(stdin string, name string, args ...string) (sample, error) {
	cmd := w.command(name, args...)
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil || out.Len() == 0 {
		return sample{}, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, errs.Bytes())
	}
	return sample{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// row is a command that is timed in every round.
type row struct {
	name    string
	prepare func() error
	stdin   string
	command []string
	samples []sample
}

const (
	gitStored     = "protocol=https\nhost=git.example.com\nusername=alice\n\n"
	gitCodeCommit = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n\n"
)

func (w *world) single(rounds int) error {
	if err := w.store("git.example.com", "alice"); err != nil {
		return err
	}
	return w.measure(rounds, []*row{
		{name: "Go hello", command: []string{"hello"}},
		{name: "warm hit, Secret Service, 200 profiles", command: []string{"credmint", "aws", "reader"}},
		{name: "git get, stored password", command: []string{"credmint", "git", "get"}, stdin: gitStored},
		{name: "git get, CodeCommit, warm session", command: []string{"credmint", "git", "--profile", "reader", "get"}, stdin: gitCodeCommit},
		{name: "cold mint over http, two links", command: []string{"credmint", "aws", "reader"}, prepare: w.forget},
		{name: "cold mint over http, one link", command: []string{"credmint", "aws", "me"}, prepare: w.forget},
		{name: "credmint version", command: []string{"credmint", "version"}},
	})
}

// many times git's part once more, when 500 hosts have three logins each.
func (w *world) many(rounds int) error {
	for i := range 500 {
		for _, user := range []string{"alice", "bob", "carol"} {
			if err := w.store(fmt.Sprintf("git-%d.example.com", i), user); err != nil {
				return err
			}
		}
	}
	return w.measure(rounds, []*row{
		{name: "Go hello, once more", command: []string{"hello"}},
		{name: "git get, among 1,500 logins", command: []string{"credmint", "git", "get"}, stdin: gitStored},
		{name: "git list, of 1,500 logins", command: []string{"credmint", "git", "list"}},
	})
}

func (w *world) store(host, user string) error {
	store := w.command("credmint", "git", "store")
	store.Stdin = strings.NewReader("protocol=https\nhost=" + host + "\nusername=" + user + "\npassword=secret\n\n")
	if out, err := store.CombinedOutput(); err != nil {
		return fmt.Errorf("git store: %w: %s", err, out)
	}
	return nil
}

// measure runs a process of each row in each round.
func (w *world) measure(rounds int, rows []*row) error {
	for round := range rounds + 2 {
		for i := range rows {
			r := rows[(i+round)%len(rows)]
			if r.prepare != nil {
				if err := r.prepare(); err != nil {
					return err
				}
			} else if _, err := w.time("", "credmint", "aws", "reader"); err != nil { // the session is there
				return err
			}
			s, err := w.time(r.stdin, r.command[0], r.command[1:]...)
			if err != nil {
				return err
			}
			if round >= 2 { // warm-up
				r.samples = append(r.samples, s)
			}
		}
	}
	for _, r := range rows {
		r.print(rows[0])
	}
	return nil
}

func (r *row) print(base *row) {
	var wall, ratio, cpu []float64
	for i, s := range r.samples {
		wall = append(wall, float64(s.wall)/1e6)
		ratio = append(ratio, float64(s.wall)/float64(base.samples[i].wall))
		cpu = append(cpu, float64(s.cpu)/float64(max(base.samples[i].cpu, 1)))
	}
	fmt.Printf("%-40s %s ms  %s x hello  cpu %s x\n", r.name, spread(wall), spread(ratio), spread(cpu))
}

func spread(v []float64) string {
	v = slices.Clone(v)
	slices.Sort(v)
	return fmt.Sprintf("%6.2f (%.2f-%.2f)", v[len(v)/2], v[0], v[len(v)-1])
}

// herd starts processes at once on an empty cache, with an AWS that takes 300 ms for each call.
func (w *world) herd(size int) error {
	const slow = 300 * time.Millisecond
	if err := w.post("/_awstest/fault", fmt.Sprintf(`{"delay_ms":%d}`, slow.Milliseconds())); err != nil {
		return err
	}
	defer func() { _ = w.post("/_awstest/fault", `{}`) }()
	var lasts []float64
	var calls, answered int
	const times = 3
	for range times {
		if err := errorsOf(w.forget(), w.post("/_awstest/reset", "")); err != nil {
			return err
		}
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var last time.Duration
		for range size {
			wg.Go(func() {
				_, err := w.time("", "credmint", "aws", "reader")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					answered++
				} else {
					fmt.Println(err)
				}
				last = max(last, time.Since(start))
			})
		}
		wg.Wait()
		lasts = append(lasts, float64(last)/1e6-2*float64(slow)/1e6)
		n, err := w.calls()
		if err != nil {
			return err
		}
		calls += n
	}
	fmt.Printf("herd of %2d, two links, STS %s each: %.1f calls, %d of %d answered, last one STS + %s ms\n",
		size, slow, float64(calls)/times, answered, size*times, spread(lasts))
	return nil
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
