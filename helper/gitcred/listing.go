package gitcred

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Listing is what may be known of a host's logins without opening the item that holds them. None of it is secret.
type Listing struct {
	Protocol, Host string
	Logins         []Listed
	More           int // how many logins there are beyond those, at least
}

// Listed is what may be known of one login.
type Listed struct {
	Path, Username string    // empty also where the login has none
	AuthType       string    // "Bearer", say; empty for an ordinary password
	Stored         time.Time // when it became what it is; zero where nothing says so
	Expires        time.Time // zero: it does not
	Renewable      bool      // a refresh token is with it
	Erased         time.Time // when it was marked as erased; zero: it is given
}

// ParseListing reads what Saved says to its Secrets about the item of that name; ok is false for the name of no such
// item. Logins that were marked as erased so long ago that they are not restored any more are left out.
func ParseListing(name string, about map[string]string, now time.Time) (l Listing, ok bool) {
	rest, ok := strings.CutPrefix(name, itemPrefix)
	if !ok {
		return Listing{}, false
	}
	if l.Protocol, l.Host, ok = strings.Cut(rest, "://"); !ok {
		return Listing{}, false
	}
	var lines []listed
	if json.Unmarshal([]byte(about[aboutLogins]), &lines) != nil {
		lines, l.More = nil, 1 // another version's: that there is something is all that is certain
	}
	if n, err := strconv.Atoi(about[aboutMore]); err == nil && n > 0 {
		l.More = n
	}
	for _, line := range lines {
		if at := line.at(line.Erased); at.IsZero() || now.Sub(at) <= keepErased {
			l.Logins = append(l.Logins, Listed{
				Path: line.Path, Username: line.Username, AuthType: line.AuthType, Renewable: line.Renewable,
				Stored: line.at(line.Stored), Expires: line.at(line.Expires), Erased: at,
			})
		}
	}
	return l, true
}

// The words of the index, and how long its line for one host may be: an index entry has an end, a host's logins need
// not.
const (
	aboutLogins = "logins"
	aboutMore   = "more"
	maxAbout    = 24 << 10
)

// listed is one element of the index's line, a JSON array: a login without its secrets. Texts that are no UTF-8 are
// mended, since they are for people to read.
type listed struct {
	Path      string `json:"path,omitempty"`
	Username  string `json:"username,omitempty"`
	AuthType  string `json:"authtype,omitempty"`
	Renewable bool   `json:"renewable,omitempty"`
	Stored    int64  `json:"stored,omitempty"` // Unix seconds, as all times
	Expires   int64  `json:"expires,omitempty"`
	Erased    int64  `json:"erased,omitempty"`
}

func (listed) at(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// about is what the index may know of an item.
func about(logins []login) map[string]string {
	text, more := []byte{'['}, 0
	for _, l := range logins {
		line, err := json.Marshal(l.listed())
		if err != nil || len(text)+len(line) > maxAbout {
			more++
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(text, line...)
	}
	known := map[string]string{aboutLogins: string(append(text, ']'))}
	if more > 0 {
		known[aboutMore] = strconv.Itoa(more)
	}
	return known
}

func (l login) listed() listed {
	text := func(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
	return listed{
		Path: text(l.Path), Username: text(l.Username), AuthType: text(l.AuthType), Renewable: l.RefreshToken != nil,
		Stored: l.Stored, Expires: l.Expires, Erased: l.Erased,
	}
}
