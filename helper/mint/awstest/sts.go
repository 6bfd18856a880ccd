package awstest

import (
	"crypto/subtle"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiError is a refusal in AWS's words.
type apiError struct {
	status        int
	code, message string
}

func refuse(status int, code, message string) *apiError { return &apiError{status, code, message} }

func (e *apiError) write(w http.ResponseWriter) {
	type inner struct{ Type, Code, Message string }
	out, _ := xml.Marshal(struct {
		XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Error     inner
		RequestID string `xml:"RequestId"`
	}{Error: inner{"Sender", e.code, e.message}, RequestID: requestID()})
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.status)
	_, _ = w.Write(out)
}

func requestID() string { return "00000000-0000-4000-8000-" + newID("")[:12] }

// caller is whoever signed a request.
type caller struct {
	account, arn, principal string
	user                    *User   // a long-lived key
	session                 *minted // or a session
}

func (a *AWS) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || r.Method != http.MethodPost {
		refuse(400, "MalformedQueryString", "only POST is spoken here").write(w)
		return
	}
	params, err := url.ParseQuery(string(body))
	if err != nil {
		refuse(400, "MalformedQueryString", "the body is no form").write(w)
		return
	}
	action := params.Get("Action")
	fault := a.fault(action)
	if fault.before(a, w, r) {
		a.record(r, action, "", params, "fault")
		return
	}
	who, failure := a.authenticate(r, body)
	var answer []byte
	if failure == nil {
		answer, failure = a.act(action, who, params, fault)
	}
	if failure != nil {
		a.record(r, action, who.arn, params, failure.code)
		failure.write(w)
		return
	}
	a.record(r, action, who.arn, params, "")
	w.Header().Set("Content-Type", "text/xml")
	fault.spoil(w, answer)
}

func (a *AWS) record(r *http.Request, action, arn string, params url.Values, code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	params = url.Values(http.Header(params).Clone())
	params.Del("TokenCode")
	a.calls = append(a.calls, Call{Action: action, Caller: arn, Params: params, Error: code, UserAgent: r.UserAgent()})
}

func (a *AWS) authenticate(r *http.Request, body []byte) (caller, *apiError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := parseAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return caller{}, refuse(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	token := r.Header.Get("X-Amz-Security-Token")
	if u := a.users[s.keyID]; u != nil && !u.inactive && token == "" {
		return caller{account: u.AccountID, arn: u.ARN, principal: u.ARN, user: u}, s.verify(r, body, u.Secret, a.now())
	}
	m := a.sessions[s.keyID]
	if m == nil || subtle.ConstantTimeCompare([]byte(m.token), []byte(token)) != 1 {
		return caller{}, refuse(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if err := s.verify(r, body, m.secret, a.now()); err != nil {
		return caller{}, err
	}
	if !a.now().Before(m.expires) {
		return caller{}, refuse(403, "ExpiredToken", "The security token included in the request is expired")
	}
	return caller{account: accountOf(m.arn), arn: m.arn, principal: m.principal, session: m}, nil
}

func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[4]
	}
	return ""
}

func (a *AWS) act(action string, who caller, params url.Values, fault Fault) ([]byte, *apiError) {
	if v := params.Get("Version"); v != "2011-06-15" {
		return nil, refuse(400, "InvalidAction", "Could not find operation "+action+" for version "+v)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch action {
	case "GetCallerIdentity":
		return answer(action, fmt.Sprintf("<Arn>%s</Arn><UserId>AIDAEXAMPLE</UserId><Account>%s</Account>", who.arn, who.account)), nil
	case "GetSessionToken":
		return a.getSessionToken(who, params, fault)
	case "AssumeRole":
		return a.assumeRole(who, params, fault)
	}
	return nil, refuse(400, "InvalidAction", "Could not find operation "+action+" for version 2011-06-15")
}

func answer(action, result string) []byte {
	return fmt.Appendf(nil, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult>%[2]s</%[1]sResult>`+
		`<ResponseMetadata><RequestId>%[3]s</RequestId></ResponseMetadata></%[1]sResponse>`, action, result, requestID())
}

func (s *minted) xml(f Fault) string {
	if f.Empty {
		return ""
	}
	expires := s.expires
	if !f.Expiration.IsZero() {
		expires = f.Expiration
	}
	end := "<Expiration>" + expires.UTC().Format(time.RFC3339) + "</Expiration>"
	if f.NoExpiry {
		end = ""
	}
	return fmt.Sprintf("<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>%s</Credentials>",
		s.keyID, s.secret, s.token, end)
}

// duration reads DurationSeconds within its bounds, in seconds.
func duration(params url.Values, standard, least, most int) (time.Duration, *apiError) {
	text := params.Get("DurationSeconds")
	if text == "" {
		return time.Duration(standard) * time.Second, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse(400, "ValidationError", fmt.Sprintf("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: between %d and %d", text, least, most))
	}
	return time.Duration(n) * time.Second, nil
}

// checkCode takes the MFA code of a request signed with a long-lived key.
func (a *AWS) checkCode(who caller, params url.Values) (mfa bool, _ *apiError) {
	serial, code := params.Get("SerialNumber"), params.Get("TokenCode")
	if serial == "" && code == "" {
		return false, nil
	}
	if who.user == nil {
		return false, refuse(403, "AccessDenied", "Cannot use MFA with session credentials")
	}
	for _, d := range who.user.devices {
		if d.Serial == serial {
			if !d.accept(code, a.now()) {
				return false, refuse(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
			}
			return true, nil
		}
	}
	return false, refuse(403, "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}

// getSessionToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html.
func (a *AWS) getSessionToken(who caller, params url.Values, fault Fault) ([]byte, *apiError) {
	if who.user == nil {
		return nil, refuse(403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	most := 129600
	if strings.HasSuffix(who.arn, ":root") {
		most = 3600
	}
	life, failure := duration(params, min(43200, most), 900, most)
	if failure != nil {
		return nil, failure
	}
	mfa, failure := a.checkCode(who, params)
	if failure != nil {
		return nil, failure
	}
	s := a.session(who.principal, who.arn, life, mfa, false)
	return answer("GetSessionToken", s.xml(fault)), nil
}

// assumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func (a *AWS) assumeRole(who caller, params url.Values, fault Fault) ([]byte, *apiError) {
	arn, name := params.Get("RoleArn"), params.Get("RoleSessionName")
	if !regexp.MustCompile(`^[\w+=,.@-]{2,64}$`).MatchString(name) {
		return nil, refuse(400, "ValidationError", "Value '"+name+"' at 'roleSessionName' failed to satisfy constraint")
	}
	if strings.HasSuffix(who.arn, ":root") {
		return nil, refuse(403, "AccessDenied", "Roles may not be assumed by root accounts.")
	}
	mfa, failure := a.checkCode(who, params)
	if failure != nil {
		return nil, failure
	}
	role := a.roles[arn]
	if role == nil || !role.Trust.allows(who, mfa || who.session != nil && who.session.mfa, params.Get("ExternalId")) {
		return nil, refuse(403, "AccessDenied", "User: "+who.arn+" is not authorized to perform: sts:AssumeRole on resource: "+arn)
	}
	chained := who.session != nil && who.session.role
	life, failure := duration(params, 3600, 900, 43200)
	switch {
	case failure != nil:
		return nil, failure
	case chained && life > time.Hour:
		return nil, refuse(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case life > role.Trust.MaxDuration:
		return nil, refuse(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	assumed := strings.Replace(strings.Replace(arn, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1) + "/" + name
	s := a.session(arn, assumed, life, false, true)
	return answer("AssumeRole", s.xml(fault)+fmt.Sprintf(
		"<AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>AROAEXAMPLE:%s</AssumedRoleId></AssumedRoleUser>", assumed, name)), nil
}

func (t Trust) allows(who caller, mfa bool, externalID string) bool {
	named := slices.Contains(t.Principals, who.principal) || slices.Contains(t.Principals, who.account)
	return named && (mfa || !t.RequireMFA) && (t.ExternalID == "" || t.ExternalID == externalID)
}
