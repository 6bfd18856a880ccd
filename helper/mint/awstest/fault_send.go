package awstest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// page is an answer of something that is not AWS.
func (f Fault) page(w http.ResponseWriter) {
	status := f.Status
	if f.Redirect != "" {
		w.Header().Set("Location", f.Redirect)
		if status == 0 {
			status = http.StatusTemporaryRedirect
		}
	}
	if status == 0 {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, f.Body)
}

// huge begins like an answer of STS, and goes on for 50 MB.
func huge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, `<GetSessionTokenResponse xmlns="`+stsNamespace+`"><GetSessionTokenResult>`)
	chunk := strings.Repeat("x", 1<<16)
	for range 50_000_000 >> 16 {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// drip sends a byte every now and then, so that no timeout between two bytes ever ends.
func drip(a *AWS, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	flush := http.NewResponseController(w)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		_ = flush.Flush() // a recorder keeps it all anyway
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-a.closed:
			panic(http.ErrAbortHandler) // to return would end the answer well
		}
	}
}

// send writes an answer as the fault wants it.
func (f Fault) send(w http.ResponseWriter, answer []byte) {
	switch {
	case f.Truncate:
		_, _ = w.Write(answer[:len(answer)/2])
	case f.Reset:
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		_, _ = w.Write(answer[:len(answer)/2])
		reset(w)
	default:
		_, _ = w.Write(answer)
	}
}

// reset sends what was written, and then RST instead of FIN: what a firewall does to a connection.
func reset(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // a recorder, or HTTP/2
	}
	under := conn
	if c, ok := conn.(*tls.Conn); ok {
		under = c.NetConn()
	}
	if c, ok := under.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	_ = under.Close()
}
