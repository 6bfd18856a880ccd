package mint

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// moment is the time by this machine's clock, and how far ahead of it is the clock of whoever gives a session out. AWS says
// by its own clock when a session ends. Everybody who reads that here compares it with this machine's: helper.Reuse, for what
// is kept; the SDKs, which are handed it by credential_process, by the endpoint and in AWS_CREDENTIAL_EXPIRATION; kubectl and
// git. So a helper.Session has it in this machine's time, and nothing behind this package knows of another.
//
// A clock that is set right later leaves what is kept wrong by as much as it was off: over before its time, or served for so
// long after it. AWS refuses that, and a source's session is then made anew (see madeWith).
type moment struct {
	now   time.Time
	ahead time.Duration
}

// here is a time of theirs by this machine's clock, in UTC.
func (m moment) here(theirs time.Time) time.Time { return theirs.Add(-m.ahead).UTC() }

// there is now by their clock.
func (m moment) there() time.Time { return m.now.Add(m.ahead) }

// off is how wrong this machine's clock is, as far as it matters to what is signed later: AWS takes what is off by five minutes.
func (m moment) off() time.Duration {
	if m.ahead.Abs() < time.Minute {
		return 0
	}
	return m.ahead
}

// moment compares now with what the last answer to a request of the profile's said of the time.
func (n *Network) moment(p *helper.Profile, now time.Time) moment {
	n.mu.Lock()
	ahead := n.ahead[wayOf(p)]
	n.mu.Unlock()
	if ahead != nil {
		return moment{now, time.Duration(ahead.Load())}
	}
	return moment{now: now}
}

// theirClock is the clock of whoever a profile's requests go to, for their signatures, as far as an answer has told the time
// there.
type theirClock struct {
	network *Network
	profile *helper.Profile
	here    func() time.Time
	ahead   time.Duration // as it was known when a request was signed
}

func (c *theirClock) now() time.Time {
	m := c.network.moment(c.profile, c.here())
	c.ahead = m.ahead
	return m.there()
}

// corrected reports whether a refusal has told another time than the one that the request was signed for. The SDK's own clients
// sign such a request once more, too.
func (c *theirClock) corrected(err error) bool {
	var refused *smithyhttp.ResponseError
	return errors.As(err, &refused) && refused.HTTPStatusCode()/100 == 4 && c.network.moment(c.profile, c.here()).ahead != c.ahead
}

// clockTolerance is the difference that is not told from a slow answer: a Date is cut to the second, and was written at any
// time within the ten seconds that a request may take. Sessions are renewed minutes before they end.
const clockTolerance = requestTimeout

// dated notes what answers say of the time.
type dated struct {
	http.RoundTripper
	ahead *atomic.Int64 // a time.Duration: how far the server's clock is ahead
}

func (d dated) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := d.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ahead := aheadOf(date, began, time.Since(began))
		if ahead.Abs() < clockTolerance {
			ahead = 0
		}
		d.ahead.Store(int64(ahead))
	}
	return resp, nil
}

// aheadOf is how far a server's clock is ahead by the Date of an answer, which was written some time after the request was
// begun, and is cut to the second.
func aheadOf(date, began time.Time, took time.Duration) time.Duration {
	return date.Add(time.Second / 2).Sub(began.Add(took / 2).Round(0))
}
