package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

// attempts are how often each command is counted. The least is taken: what the runtime and the scheduler add varies, and
// they take nothing away. While a program waits, the runtime looks around, the more often the busier the machine: so what
// seems to be worse is counted again, for some rounds.
const (
	attempts = 6
	rounds   = 4
)

// subject is what is counted, beside a Go hello.
type subject struct {
	name string
	in   place
	of   func(*home) command
}

func subjects() []subject {
	return []subject{
		{"aws", warm, func(h *home) command { return h.credmint("", "aws", "reader") }},
		{"aws-cold", cold, func(h *home) command { return h.cold("aws", "me") }},
		{"git-get", warm, func(h *home) command { return h.credmint(gitStored, "git", "get") }},
	}
}

// compare counts the instructions of the warm path, and of a cold mint over http, as multiples of a hello's, so that a release of Go moves both, and fails
// where a multiple is a tenth above what is recorded.
func (w *world) compare(show func(string)) error {
	known, err := readFigures()
	if err != nil {
		return err
	}
	c, err := w.usable(known)
	if err != nil {
		return err
	}
	least := map[string]int64{}
	for round := 1; ; round++ {
		now, err := w.counts(c, least, show)
		if err != nil {
			return err
		}
		show("")
		worse, lines := compared(c, now, known)
		if len(worse) > 0 && round < rounds {
			continue
		}
		fmt.Print(lines)
		if len(worse) > 0 {
			return fmt.Errorf("%s: more than %.0f %% above what is recorded; if that is meant: go run ./cmd/bench -record",
				strings.Join(worse, ", "), tolerance*100)
		}
		return nil
	}
}

// compared names what is worse than recorded, and has a line for each subject.
func compared(c counter, now, known figures) (worse []string, lines string) {
	for _, s := range subjects() {
		f := figure{c.name, runtime.GOARCH, s.name}
		verdict, ok := judge(now[f], known[f])
		lines += fmt.Sprintf("%-8s %.3f times the instructions of a Go hello, by %s; recorded: %.3f (%s)\n", s.name, now[f], c.name, known[f], verdict)
		if !ok {
			worse = append(worse, s.name)
		}
	}
	return worse, lines
}

// record writes what every counter counts that works here.
func (w *world) record(show func(string)) error {
	known, err := readFigures()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	now := figures{}
	var why []error
	for _, c := range counters() {
		if err := w.works(c); err != nil {
			why = append(why, err)
			continue
		}
		more, err := w.counts(c, map[string]int64{}, show)
		if err != nil {
			return err
		}
		maps.Copy(now, more)
	}
	show("")
	if len(now) == 0 {
		return nothingCounts(why)
	}
	maps.Copy(known, now)
	return known.write()
}

// counts are the multiples, of the least numbers that were counted, before and now.
func (w *world) counts(c counter, least map[string]int64, show func(string)) (figures, error) {
	hello := subject{"hello", warm, func(h *home) command { return command{args: []string{"hello"}, env: h.env} }}
	for attempt := range attempts {
		show(fmt.Sprintf("counting with %s, %d of %d", c.name, attempt+1, attempts))
		for _, s := range append(subjects(), hello) {
			h, err := w.home(s.in)
			if err != nil {
				return nil, err
			}
			n, err := c.count(w, s.of(h))
			if err != nil {
				return nil, fmt.Errorf("count %s: %w", s.name, err)
			}
			if known, ok := least[s.name]; !ok || n < known {
				least[s.name] = n
			}
		}
	}
	multiples := figures{}
	for _, s := range subjects() {
		multiples[figure{c.name, runtime.GOARCH, s.name}] = float64(least[s.name]) / float64(least["hello"])
	}
	return multiples, nil
}

// tolerance is how much more there may be than was recorded.
const tolerance = .1

// judge compares with what is recorded.
func judge(now, recorded float64) (verdict string, ok bool) {
	change := now/recorded - 1
	switch verdict = fmt.Sprintf("%+.1f %%", change*100); {
	case change > tolerance:
		return verdict, false
	case change < -tolerance:
		return verdict + ": record it", true
	}
	return verdict, true
}

// counter counts a command's instructions.
type counter struct {
	name  string
	count func(*world, command) (int64, error)
}

// counters are in the order in which they are preferred. Virtual machines seldom have the processor's own.
func counters() []counter {
	return []counter{{"perf", (*world).perf}, {"callgrind", (*world).callgrind}}
}

// usable is the first counter that works here and for which figures are recorded.
func (w *world) usable(known figures) (counter, error) {
	var why []error
	for _, c := range counters() {
		err := w.works(c)
		if err == nil && known.lack(c.name) {
			err = fmt.Errorf("%s: no figures are recorded for %s", c.name, runtime.GOARCH)
		}
		if err == nil {
			return c, nil
		}
		why = append(why, err)
	}
	return counter{}, nothingCounts(why)
}

// lack reports whether something is not recorded.
func (f figures) lack(counter string) bool {
	return slices.ContainsFunc(subjects(), func(s subject) bool { return f[figure{counter, runtime.GOARCH, s.name}] == 0 })
}

func (w *world) works(c counter) error {
	if _, err := c.count(w, command{args: []string{"hello"}, env: []string{"PATH=" + os.Getenv("PATH")}}); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

func nothingCounts(why []error) error {
	return fmt.Errorf("instructions cannot be counted here (Debian: valgrind): %w", errors.Join(why...))
}
