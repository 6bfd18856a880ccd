package main

import (
	"fmt"
	"sync"
	"time"
)

// crowdSize is how many processes start at once.
const crowdSize = 50

// atOnce starts processes together, and returns when the last one ended and how many were answered.
func (w *world) atOnce(c command) (last time.Duration, answered int, failed error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	start := time.Now()
	for range crowdSize {
		wg.Go(func() {
			p, err := w.run(c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
			case p.out != "":
				answered++
			}
			last = time.Since(start)
		})
	}
	wg.Wait()
	return last, answered, failed
}

// crowd is a program that starts many others, each of which asks, when all is warm.
func (w *world) crowd() *work {
	var ours, theirs command
	against := &line{name: "50 warm processes, part of aws-vault's", goal: atMost(.25, "")}
	return &work{
		lines: []*line{{name: "50 warm processes at once (hello: 50, too)", unit: "ms"}, against},
		every: 3,
		prepare: func() error {
			h, err := w.home(warm)
			if err != nil {
				return err
			}
			ours = h.credmint("", "aws", "reader")
			if theirs, err = w.awsVault(); err != nil {
				against.why = err.Error()
			}
			return nil
		},
		once: func(turn int) ([]point, error) {
			hello, _, err := w.atOnce(w.hello())
			if err != nil {
				return nil, err
			}
			took, _, err := w.atOnce(ours)
			if err != nil {
				return nil, err
			}
			if against.why != "" {
				return []point{beside(took, hello)}, nil
			}
			vault, _, err := w.atOnce(theirs)
			return []point{beside(took, hello), {value: float64(took) / float64(vault)}}, err
		},
	}
}

// slow is what each call to AWS takes for a herd.
const slow = 300 * time.Millisecond

// herd is processes that start together on an empty cache.
func (w *world) herd() *work {
	var h *home
	return &work{
		lines: []*line{
			{name: "herd of 50, AWS takes 300 ms: calls", goal: atMost(1, "")},
			{name: "herd of 50: answered", goal: all(crowdSize)},
			{name: "herd of 50: the last one after AWS", unit: "ms", goal: atMost(25, "ms")},
		},
		every: 6,
		prepare: func() (err error) {
			h, err = w.home(cold)
			return err
		},
		once: func(int) ([]point, error) {
			if err := h.forget(); err != nil {
				return nil, err
			}
			if err := h.aws.post("reset", ""); err != nil {
				return nil, err
			}
			if err := h.aws.post("fault", fmt.Sprintf(`{"delay_ms":%d}`, slow.Milliseconds())); err != nil {
				return nil, err
			}
			last, answered, _ := w.atOnce(h.credmint("", "aws", "me")) // those that are not answered are counted
			calls, err := h.aws.calls()
			if err != nil {
				return nil, err
			}
			return []point{{value: float64(calls)}, {value: float64(answered)}, {value: milliseconds(last - slow)}}, h.aws.post("fault", `{}`)
		},
	}
}
