package awstest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"
)

// control is what other processes steer a loopback AWS with:
//
//	GET  /_awstest/calls        how often each action was called, refused calls included: {"AssumeRole":1}
//	GET  /_awstest/log          the calls
//	GET  /_awstest/session?id=  {"secret_access_key","session_token","expires"} of a minted session
//	GET  /_awstest/code         a code that AWS takes now; ?serial= where there is more than one device
//	POST /_awstest/fault        a Fault: {"action":"AssumeRole","throttle":2}; {} ends that of all actions
//	POST /_awstest/expire?id=   ends a session now
//	POST /_awstest/sso          steers the Identity Center: {"answer":"refused"}, {"token_life_ms":240000}; see controlSSO
//	POST /_awstest/reset        forgets the calls
//	POST /_awstest/stop         ends the process
//
// It answers to this machine only, and not to web pages.
func (a *AWS) control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !isLocal(r) {
				http.Error(w, "for this machine only", http.StatusForbidden)
				return
			}
			do(w, r)
		})
	}
	handle("GET /_awstest/calls", a.controlCalls)
	handle("GET /_awstest/log", func(w http.ResponseWriter, _ *http.Request) { reply(w, a.Log()) })
	handle("GET /_awstest/session", a.controlSession)
	handle("GET /_awstest/code", a.controlCode)
	handle("POST /_awstest/fault", a.controlFault)
	handle("POST /_awstest/expire", func(w http.ResponseWriter, r *http.Request) {
		if !a.Expire(r.FormValue("id")) {
			http.NotFound(w, r)
		}
	})
	handle("POST /_awstest/sso", a.controlSSO)
	handle("POST /_awstest/reset", func(http.ResponseWriter, *http.Request) { a.Reset() })
	handle("POST /_awstest/stop", a.controlStop)
	return mux
}

// isLocal refuses other machines, and browsers, which name the page that asks.
func isLocal(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback() && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == ""
}

// controlStop answers first: Close cuts connections, and whoever asked for it wants to hear that it was heard.
func (a *AWS) controlStop(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	a.stop.Do(func() { close(a.stopped) })
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // to a client that may have left
}

func (a *AWS) controlCalls(w http.ResponseWriter, _ *http.Request) {
	counts := map[string]int{}
	for _, c := range a.Log() {
		counts[c.Action]++
	}
	reply(w, counts)
}

func (a *AWS) controlSession(w http.ResponseWriter, r *http.Request) {
	secret, token, expires, ok := a.Session(r.FormValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	reply(w, map[string]string{
		"secret_access_key": secret, "session_token": token, "expires": expires.UTC().Format(time.RFC3339),
	})
}

func (a *AWS) controlCode(w http.ResponseWriter, r *http.Request) {
	d, ok := a.device(r.FormValue("serial"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	code, ok := d.Unused()
	if !ok {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "every code of this minute was used", http.StatusConflict)
		return
	}
	_, _ = io.WriteString(w, code+"\n")
}

// device finds one by its serial; without one, the only one there is.
func (a *AWS) device(serial string) (*Device, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := map[*Device]bool{}
	var d *Device
	for _, k := range a.keys {
		for _, each := range k.user.devices {
			if serial == "" || each.Serial == serial {
				d, found[each] = each, true
			}
		}
	}
	return d, len(found) == 1
}

// controlFault reads a Fault whose durations are in milliseconds and whose other fields are Fault's own in snake case.
func (a *AWS) controlFault(w http.ResponseWriter, r *http.Request) {
	var f struct {
		Action     string    `json:"action"`
		DelayMS    int       `json:"delay_ms"`
		Times      int       `json:"times"`
		Throttle   int       `json:"throttle"`
		Code       string    `json:"code"`
		Message    string    `json:"message"`
		Status     int       `json:"status"`
		Body       string    `json:"body"`
		Redirect   string    `json:"redirect"`
		HugeBody   bool      `json:"huge_body"`
		Hang       bool      `json:"hang"`
		Slow       bool      `json:"slow"`
		Truncate   bool      `json:"truncate"`
		Reset      bool      `json:"reset"`
		Empty      bool      `json:"empty"`
		NoExpiry   bool      `json:"no_expiry"`
		Expiration time.Time `json:"expiration"`
		Account    string    `json:"account"`
		LifeMS     int       `json:"life_ms"`
	}
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields() // a fault misspelt would be no fault, and a test that cannot fail
	if err := d.Decode(&f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.SetFault(f.Action, Fault{
		Delay: time.Duration(f.DelayMS) * time.Millisecond, Times: f.Times, Throttle: f.Throttle, Code: f.Code,
		Message: f.Message, Status: f.Status, Body: f.Body, Redirect: f.Redirect, HugeBody: f.HugeBody, Hang: f.Hang,
		Slow: f.Slow, Truncate: f.Truncate, Reset: f.Reset, Empty: f.Empty, NoExpiry: f.NoExpiry,
		Expiration: f.Expiration, Account: f.Account, Life: time.Duration(f.LifeMS) * time.Millisecond,
	})
}
