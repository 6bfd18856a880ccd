package forgetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// device is one that waits for a person to type its code elsewhere.
type device struct {
	user     string
	approved bool
	interval time.Duration
	polled   time.Time
}

func (f *Forge) authorizeDevice(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.PostForm.Get("client_id") != f.ClientID || r.PostForm.Get("scope") == "" {
		refuse(w, "invalid_client", "")
		return
	}
	id, d := secret("device-"), &device{user: "ABCD-EFGH", interval: 5 * time.Second, polled: f.Now()}
	f.devices[id] = d
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"device_code": id, "user_code": d.user, "expires_in": 600,
		"verification_uri": "https://" + Host + "/device", "verification_uri_complete": "https://" + Host + "/device?user_code=" + d.user,
	})
}

// approveDevice is the page, with a person who answers at once.
func (f *Forge) approveDevice(w http.ResponseWriter, r *http.Request) {
	for _, d := range f.devices {
		d.approved = d.approved || d.user == r.URL.Query().Get("user_code")
	}
	w.WriteHeader(http.StatusNoContent)
}

// byDevice refuses to be asked more often than it has said, which is five seconds where it has said nothing.
func (f *Forge) byDevice(w http.ResponseWriter, form url.Values) {
	d := f.devices[form.Get("device_code")]
	if d == nil {
		refuse(w, "invalid_grant", "no such device")
		return
	}
	early := f.Now().Sub(d.polled) < d.interval
	d.polled = f.Now()
	switch {
	case early:
		refuse(w, "invalid_request", "polled too soon")
	case f.answer == "refused":
		refuse(w, "access_denied", "")
	case f.pending > 0:
		f.pending--
		refuse(w, "authorization_pending", "")
	case f.slow > 0:
		f.slow--
		d.interval += 5 * time.Second
		refuse(w, "slow_down", "")
	case !d.approved:
		refuse(w, "authorization_pending", "")
	default:
		delete(f.devices, form.Get("device_code"))
		f.give(w, &session{live: true})
	}
}
