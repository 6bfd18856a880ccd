package awstest

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// signin is what a sign-in token opens the console as.
type signin struct {
	ARN     string
	until   time.Time // of the token
	session time.Time // until when the console session lasts
}

// signinLife is AWS's: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html.
const signinLife = 15 * time.Minute

// A page of the console, in any partition.
const consolePage = `^https://([a-z0-9-]+\.)*console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com|amazonaws-eusc\.eu)(/[!-~]*)?$`

// federationService finds what serves a request to the console's federation endpoint, or to its sign-out.
func (a *AWS) federationService(r *http.Request) http.HandlerFunc {
	switch {
	case r.URL.Path == "/federation" && r.Method == http.MethodPost:
		return a.getSigninToken
	case r.URL.Path == "/federation":
		return a.consoleLogin
	case r.URL.Path == "/oauth":
		return a.visited("ConsoleLogout", a.consoleLogout)
	}
	return nil
}

// getSigninToken takes a session and gives a token for it, or refuses with a status and nothing that would tell why. A
// session in the address, which AWS takes, is refused: addresses are written down.
func (a *AWS) getSigninToken(w http.ResponseWriter, r *http.Request) {
	err := r.ParseForm()
	call := a.arrive(r, url.Values{"Action": {"getSigninToken"}, "SessionDuration": r.PostForm["SessionDuration"]})
	fault := a.fault("getSigninToken")
	refused := refuse(http.StatusBadRequest, "InvalidRequest", "")
	if fault.answers(a, w, r, words{refuse(http.StatusTooManyRequests, "Throttling", ""), writePage}) {
		return
	}
	if err != nil || r.URL.RawQuery != "" || !isSigninForm(r.PostForm) {
		a.finish(call, caller{}, refused)
		writePage(refused, w, "")
		return
	}
	a.mu.Lock()
	token, who := a.signinToken(r.PostForm)
	a.mu.Unlock()
	if token == "" {
		a.finish(call, who, refused)
		writePage(refused, w, "")
		return
	}
	a.finish(call, who, nil)
	w.Header().Set("Content-Type", "application/json")
	fault.send(w, []byte(`{"SigninToken":"`+token+`"}`))
}

func writePage(e *refusal, w http.ResponseWriter, _ string) { page(w, e.status, "Bad Request") }

func isSigninForm(form url.Values) bool {
	for _, values := range form {
		if len(values) != 1 {
			return false
		}
	}
	known := onlyKnown(form, []string{"Action", "Session", "SessionDuration"}) == nil
	return known && form.Get("Action") == "getSigninToken" && form.Has("Session")
}

// signinToken makes a token for a session that the console takes: a role's or a federated user's. The mutex is held.
func (a *AWS) signinToken(form url.Values) (token string, who caller) {
	var in struct {
		ID    string `json:"sessionId"`
		Key   string `json:"sessionKey"`
		Token string `json:"sessionToken"`
	}
	if strict([]byte(form.Get("Session")), &in) != nil {
		return "", caller{}
	}
	s := a.sessions[in.ID]
	if s == nil || subtle.ConstantTimeCompare([]byte(s.secret+"\n"+s.token), []byte(in.Key+"\n"+in.Token)) != 1 || !a.now().Before(s.Expires) {
		return "", caller{}
	}
	who = caller{arn: s.ARN, session: s}
	until := s.Expires
	if form.Has("SessionDuration") {
		seconds, err := strconv.Atoi(form.Get("SessionDuration"))
		if err != nil || seconds < 900 || seconds > 43200 || !s.FirstHand {
			return "", who
		}
		until = a.now().Add(time.Duration(seconds) * time.Second)
	}
	if !s.Role && !s.Federated {
		return "", who
	}
	token = randomText(600)
	a.signins[token] = signin{ARN: s.ARN, until: a.now().Add(signinLife), session: until}
	return token, who
}

// ConsoleVisit is a browser that was signed in to the console.
type ConsoleVisit struct {
	ARN, Destination string
	Until            time.Time // the session's end
}

// ConsoleVisits are all of them, in order.
func (a *AWS) ConsoleVisits() []ConsoleVisit {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.visits)
}

// consoleLogin is where a browser is signed in. AWS would send it on to the console; no test goes there, so it is noted
// where that would be.
func (a *AWS) consoleLogin(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	call := a.arrive(r, url.Values{"Action": {"ConsoleLogin"}})
	a.mu.Lock()
	in, ok := a.signins[q.Get("SigninToken")]
	wrong := err != nil || len(q) != 3 || r.Method != http.MethodGet || q.Get("Action") != "login" || !hasForm(q.Get("Destination"), consolePage)
	if ok = ok && !wrong && a.now().Before(in.until); ok {
		a.visits = append(a.visits, ConsoleVisit{in.ARN, q.Get("Destination"), in.session})
	}
	a.mu.Unlock()
	if !ok {
		refused := refuse(http.StatusBadRequest, "InvalidRequest", "Your authentication information is incorrect. Please try again.")
		a.finish(call, caller{}, refused)
		page(w, refused.status, refused.message)
		return
	}
	a.finish(call, caller{arn: in.ARN}, nil)
	page(w, http.StatusOK, "You are in the console.")
}

// consoleLogout ends the browser's console session, and sends it on to an address of AWS's own.
func (a *AWS) consoleLogout(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	onward := q.Get("redirect_uri")
	own := regexp.MustCompile(`^` + regexp.QuoteMeta(address(r).String()) + `/federation\?`)
	if err != nil || len(q) != 2 || q.Get("Action") != "logout" || !own.MatchString(onward) {
		page(w, http.StatusBadRequest, "Something is wrong with this request.")
		return
	}
	http.Redirect(w, r, onward, http.StatusFound)
}
