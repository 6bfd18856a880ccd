// Package doctor looks a machine over: each Check looks at one thing, on its own and under a deadline, and says what it
// found, where, and what mends it. It knows nothing of what is looked at, and changes nothing unless Mend is called.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Check looks at one thing. It asks nobody, changes nothing, and shares nothing with other checks, which run at the same
// time.
type Check interface {
	// Name is the thing in a word: "keychain".
	Name() string
	// Look says what is there, good and bad. An error is a finding, too: that the thing could not
	// be looked at.
	Look(ctx context.Context) ([]Finding, error)
}

// Level says how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"
	Note    Level = "note"    // worth knowing, and nothing to be done
	Warning Level = "warning" // works, and is not as it should be
	Fault   Level = "error"   // does not work, or is open to others
)

// rank is the order in which a person wants to know.
func (l Level) rank() int { return slices.Index([]Level{Fault, Warning, Fine, Note}, l) }

// Finding is one thing that a check found.
type Finding struct {
	Level Level  `json:"level"`
	What  string `json:"what"`
	File  string `json:"file,omitempty"` // where: a path
	Line  int    `json:"line,omitempty"` // of the file, 1 is the first; 0 where it is all of it
	Mend  string `json:"mend,omitempty"` // what to type, or to do

	// Fix mends it, and loses nothing; nil where only a person may. It says what it did.
	Fix func() (did string, err error) `json:"-"`
}

// Result is what one check found.
type Result struct {
	Check    string    `json:"check"`
	Findings []Finding `json:"findings"`
}

// ErrSlow is the error of a check that did not end by its deadline.
var ErrSlow = errors.New("no answer in time")

// Examine makes all checks at once, and returns what they found in their order, the worst of each first. One that has not ended by its deadline is
// left behind. done is called with the name of each that has ended, one at a time.
func Examine(ctx context.Context, checks []Check, deadline time.Duration, done func(check string)) []Result {
	results := make([]Result, len(checks))
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for i, check := range checks {
		wg.Go(func() {
			r := Result{check.Name(), look(ctx, check, deadline)}
			mu.Lock()
			defer mu.Unlock()
			results[i] = r
			done(check.Name())
		})
	}
	wg.Wait()
	return results
}

// look makes a check, which may not heed its context: a file system that hangs does not.
func look(ctx context.Context, check Check, deadline time.Duration) []Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, fmt.Errorf("%w: %s", ErrSlow, deadline))
	defer cancel()
	type answer struct {
		findings []Finding
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		findings, err := check.Look(ctx)
		answered <- answer{findings, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			a.findings = append(a.findings, failed(a.err))
		}
		slices.SortStableFunc(a.findings, func(a, b Finding) int { return a.Level.rank() - b.Level.rank() })
		return a.findings
	case <-ctx.Done():
		return []Finding{failed(context.Cause(ctx))}
	}
}

// failed is a check that could not look.
func failed(err error) Finding {
	f := Finding{Level: Fault, What: err.Error()}
	var hinter interface{ Hint() string }
	if errors.As(err, &hinter) {
		f.Mend = hinter.Hint()
	}
	return f
}

// Mend fixes what may be fixed without a person. It returns what it did, and goes on past what fails.
func Mend(results []Result) (did []string, err error) {
	var failed []error
	for _, r := range results {
		for _, f := range r.Findings {
			if f.Fix == nil {
				continue
			}
			text, err := f.Fix()
			if err != nil {
				failed = append(failed, err)
				continue
			}
			did = append(did, text)
		}
	}
	return did, errors.Join(failed...)
}

// Fixable is how many findings Mend would fix.
func Fixable(results []Result) (n int) {
	for _, r := range results {
		for _, f := range r.Findings {
			if f.Fix != nil {
				n++
			}
		}
	}
	return n
}

// Count is how many findings there are of a level.
func Count(results []Result, level Level) (n int) {
	for _, r := range results {
		for _, f := range r.Findings {
			if f.Level == level {
				n++
			}
		}
	}
	return n
}
