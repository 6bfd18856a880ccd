package awstest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is how an action misbehaves. The zero Fault is none.
type Fault struct {
	Delay      time.Duration // before anything else
	Throttle   int           // so many calls are refused with Throttling first; negative: all
	Status     int           // answered with Body instead of an answer
	Body       string
	Redirect   string    // the Location of a Status 3xx
	HugeBody   bool      // an answer of 50 MB
	Truncate   bool      // an answer that ends half-way
	Hang       bool      // no answer, until the client gives up
	Reset      bool      // the connection is closed half-way through the answer's body
	Code       string    // AWS's error: refused with it, for example "AccessDenied"
	Empty      bool      // an answer without credentials
	Expiration time.Time // claimed instead of the true one
	NoExpiry   bool      // an answer that does not say when it ends
}

// SetFault makes an action misbehave from now on; the empty action is all of them.
func (a *AWS) SetFault(action string, f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults[action] = f
}

// fault takes an action's fault, and one of its throttled calls.
func (a *AWS) fault(action string) Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := action
	f, ok := a.faults[name]
	if !ok {
		name = ""
		f = a.faults[name]
	}
	if f.Throttle > 0 {
		left := f
		left.Throttle--
		a.faults[name] = left
	}
	return f
}

// before does what a fault does before the request is looked at, and reports whether that was all.
func (f Fault) before(a *AWS, w http.ResponseWriter, r *http.Request) (done bool) {
	wait := time.After(f.Delay)
	if f.Hang {
		wait = nil
	}
	select {
	case <-wait:
	case <-r.Context().Done():
		return true
	case <-a.closed:
		return true
	}
	switch {
	case f.Throttle != 0:
		refuse(400, "Throttling", "Rate exceeded").write(w)
	case f.Code != "":
		refuse(403, f.Code, "a fault of the test").write(w)
	case f.HugeBody:
		chunk := strings.Repeat("x", 1<<16)
		for range 800 {
			if _, err := fmt.Fprint(w, chunk); err != nil {
				break
			}
		}
	case f.Status != 0:
		if f.Redirect != "" {
			w.Header().Set("Location", f.Redirect)
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		fmt.Fprint(w, f.Body)
	default:
		return false
	}
	return true
}

// spoil writes an answer as the fault wants it.
func (f Fault) spoil(w http.ResponseWriter, answer []byte) {
	switch {
	case f.Truncate:
		_, _ = w.Write(answer[:len(answer)/2])
	case f.Reset:
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		_, _ = w.Write(answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	default:
		_, _ = w.Write(answer)
	}
}
