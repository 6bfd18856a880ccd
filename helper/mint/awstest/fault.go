package awstest

import (
	"net/http"
	"time"
)

// Fault is how an action misbehaves. The zero Fault is none. A fault that answers leaves identities, MFA codes and
// sessions alone; one that spoils an answer does so after everything was checked, minted and counted.
type Fault struct {
	Delay time.Duration // before anything else
	Times int           // ends after so many calls; zero: stays. Throttle counts its own

	// Instead of an answer.
	Throttle int    // so many calls are refused with Throttling; negative: all
	Code     string // refused with this code of AWS's, for example "AccessDenied"
	Message  string // with Code
	Status   int    // this HTTP status, with Code, Redirect or Body
	Body     string // of Status
	Redirect string // the Location; with Status 301, 302, 307 or 308; 307 where none is given
	HugeBody bool   // 50 MB
	Hang     bool   // nothing, until the client gives up or Close
	Slow     bool   // an answer that drips in, a byte at a time, and never ends

	// In an answer.
	Truncate   bool          // ends half-way
	Reset      bool          // the connection is reset half-way
	Empty      bool          // no credentials
	NoExpiry   bool          // no Expiration
	Expiration time.Time     // claimed instead of the true one
	Account    string        // of the assumed role's ARN, instead of the true one
	Life       time.Duration // the session really ends so long after, while the answer claims what it would
}

// SetFault makes an action misbehave from now on; the empty action is all that have no fault of their own.
func (a *AWS) SetFault(action string, f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults[action] = f
}

// ClearFaults ends all faults.
func (a *AWS) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.faults)
}

// fault takes an action's fault, and counts it.
func (a *AWS) fault(action string) Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := action
	f, ok := a.faults[name]
	if !ok {
		name = ""
		f, ok = a.faults[name]
	}
	if !ok {
		return Fault{}
	}
	left := f
	if f.Throttle > 0 {
		left.Throttle--
	}
	a.faults[name] = left
	if f.Times == 1 {
		delete(a.faults, name)
	} else if f.Times > 1 {
		left.Times--
		a.faults[name] = left
	}
	return f
}

// answers does what a fault does instead of AWS, in a service's words, and reports whether that was all.
func (f Fault) answers(a *AWS, w http.ResponseWriter, r *http.Request, words words) (done bool) {
	wait := time.After(f.Delay)
	if f.Hang {
		wait = nil
	}
	select {
	case <-wait:
	case <-r.Context().Done():
		return true
	case <-a.closed:
		panic(http.ErrAbortHandler)
	}
	status := f.Status
	switch {
	case f.Throttle != 0:
		words.write(words.throttled, w, requestID())
	case f.Code != "":
		if status == 0 {
			status = http.StatusForbidden
		}
		words.write(refuse(status, f.Code, f.message()), w, requestID())
	case f.HugeBody:
		huge(w)
	case f.Slow:
		drip(a, w, r)
	case f.Redirect != "" || f.Status != 0 || f.Body != "":
		f.page(w)
	default:
		return false
	}
	return true
}

func (f Fault) message() string {
	if f.Message == "" {
		return "a fault of the test"
	}
	return f.Message
}
