package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// The homes of the rows. One that is made cold again and again is nobody else's.
var (
	warm    = place{name: "warm", profiles: 200}
	cold    = place{name: "cold", profiles: 200}
	secure  = place{name: "secure", profiles: 200, tls: true}
	kernel  = place{name: "kernel", profiles: 200, kernel: true}
	few     = place{name: "few", profiles: 4}
	many    = place{name: "many", profiles: 5000}
	crowded = place{name: "crowded", profiles: 200, foreign: 1000}
)

const (
	gitStored     = "protocol=https\nhost=git.example.com\nusername=alice\n\n"
	gitCodeCommit = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n\n"
)

// rows are the works of the table, in its order.
func (w *world) rows() []*work {
	hit := func(h *home) command { return h.credmint("", "aws", "reader") }
	mint := func(h *home) command { return h.cold("aws", "me") }
	stored := func(h *home) command { return h.credmint(gitStored, "git", "get") }
	signed := func(h *home) command { return h.credmint(gitCodeCommit, "git", "--profile", "reader", "get") }
	return []*work{
		w.single(w.in(warm, hit),
			&line{name: "warm hit, Secret Service, 200 profiles", unit: "ms", goal: times(2.4)},
			&line{name: "warm hit, CPU", unit: "ms", goal: times(1.8)}),
		w.single(w.in(kernel, hit),
			&line{name: "warm hit, sealing key from the kernel's keyring", unit: "ms", goal: times(1.4)}),
		w.peak(),
		w.difference("5,000 profiles instead of 4", few, many, .3),
		w.difference("1,000 foreign keyring items", warm, crowded, .5),
		w.crowd(),
		w.single(w.in(cold, mint), &line{name: "cold mint over http", unit: "ms", goal: times(4)}),
		w.single(w.in(secure, mint), &line{name: "cold mint over TLS, the system's CAs", unit: "ms", goal: times(6)}),
		w.herd(),
		w.single(w.in(warm, stored), &line{name: "git get, stored password", unit: "ms", goal: times(2.6)}),
		w.single(w.in(warm, signed), &line{name: "git get, CodeCommit, warm session", unit: "ms", goal: times(2.6)}),
		w.size(),
	}
}

// in is a command in a home.
func (w *world) in(p place, of func(*home) command) func() (command, error) {
	return func() (command, error) {
		h, err := w.home(p)
		if err != nil {
			return command{}, err
		}
		return of(h), nil
	}
}

// single measures a command beside a hello. A second line is for its CPU time.
func (w *world) single(get func() (command, error), lines ...*line) *work {
	var c command
	return &work{
		lines: lines,
		prepare: func() (err error) {
			c, err = get()
			return err
		},
		once: func(turn int) ([]point, error) {
			p, err := w.inTurn(turn, w.hello(), c)
			if err != nil {
				return nil, err
			}
			wall, cpu := beside(p[1].wall, p[0].wall), beside(p[1].cpu, p[0].cpu)
			return []point{wall, cpu}[:len(lines)], nil
		},
	}
}

func beside(took, hello time.Duration) point {
	return point{milliseconds(took), float64(took) / float64(max(hello, 1))}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// difference is what a hit takes longer in one home than in another.
func (w *world) difference(name string, less, more place, most float64) *work {
	var a, b *home
	return &work{
		lines: []*line{{name: name, unit: "ms", goal: atMost(most, "ms")}},
		prepare: func() (err error) {
			if a, err = w.home(less); err != nil {
				return err
			}
			b, err = w.home(more)
			return err
		},
		once: func(turn int) ([]point, error) {
			p, err := w.inTurn(turn, w.hello(), a.credmint("", "aws", "reader"), b.credmint("", "aws", "reader"))
			if err != nil {
				return nil, err
			}
			return []point{beside(p[2].wall-p[1].wall, p[0].wall)}, nil
		},
	}
}

// peak is the most memory that a hit had.
func (w *world) peak() *work {
	var c command
	return &work{
		lines: []*line{{name: "warm hit, peak memory", unit: "MiB", goal: atMost(7, "MiB")}},
		every: 3,
		prepare: func() error {
			h, err := w.home(warm)
			if err == nil {
				c = command{args: []string{"peak", w.program("credmint"), "aws", "reader"}, env: h.env}
			}
			return err
		},
		once: func(int) ([]point, error) {
			p, err := w.run(c)
			if err != nil {
				return nil, err
			}
			kib, err := strconv.Atoi(strings.TrimSpace(p.out))
			return []point{{value: float64(kib) / 1024}}, err
		},
	}
}

// size is the program's, built as install.sh builds it.
func (w *world) size() *work {
	return &work{
		lines:   []*line{{name: "binary size", unit: "MB", goal: atMost(12, "MB")}},
		every:   1 << 30,
		prepare: func() error { return nil },
		once: func(int) ([]point, error) {
			info, err := os.Stat(w.program("credmint"))
			if err != nil {
				return nil, fmt.Errorf("look at the program: %w", err)
			}
			return []point{{value: float64(info.Size()) / 1e6}}, nil
		},
	}
}
