//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// The kinds of secrets: whose job it is to hand one out is said by these names.
const (
	anAccessKey     = "access key"
	aSession        = "session"
	aCode           = "MFA code"
	aSeed           = "MFA seed"
	aSignIn         = "sign-in" // what Identity Center, the console and git hosts give for a sign-in, and what is shown to them
	aProof          = "proof"   // a SAML assertion, a web identity token
	anOutboundToken = "outbound token"
	aRegistryToken  = "registry token"
	aGitPassword    = "git password"
	aConsoleToken   = "console token"
	aPrivateKey     = "private key"
	aPassphrase     = "passphrase"
	anEndpointToken = "endpoint token"
)

// secretFields are the names under which secrets travel, in lower case: in forms, in JSON, in XML, and in headers.
func secretFields() map[string]string {
	return map[string]string{
		"secretaccesskey": aSession, "sessiontoken": aSession, "tokencode": aCode, "samlassertion": aProof,
		"webidentitytoken": aProof, "accesstoken": aSignIn, "refreshtoken": aSignIn, "idtoken": aSignIn,
		"clientsecret": aSignIn, "devicecode": aSignIn, "code": aSignIn, "codeverifier": aSignIn,
		"refresh_token": aSignIn, "client_secret": aSignIn, "code_verifier": aSignIn, "device_code": aSignIn,
		"access_token": aGitPassword, "token": aGitPassword, "servicepassword": aGitPassword, "secretstring": aGitPassword, "authorizationtoken": aRegistryToken,
		"signintoken": aConsoleToken, "x-amz-security-token": aSession, "x-amz-sso_bearer_token": aSignIn,
	}
}

// canaries are the secrets of a test, with their kinds.
type canaries struct {
	mu    sync.Mutex
	kinds map[string]string
}

func (c *canaries) add(kind, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = map[string]string{}
	}
	if _, known := c.kinds[secret]; len(secret) >= 6 && !known {
		c.kinds[secret] = kind
	}
}

// field notes what travels under a name, and returns whether it is a secret.
func (c *canaries) field(name, value, request string) bool {
	kind := secretFields()[strings.ToLower(name)]
	switch {
	case kind == "":
		return false
	case kind == aSession && strings.Contains(request, "Action=CreateAccessKey"):
		kind = anAccessKey
	case strings.Contains(request, "Action=GetWebIdentityToken"):
		kind = anOutboundToken
	}
	c.add(kind, value)
	if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && kind == aRegistryToken {
		c.add(kind, strings.TrimPrefix(string(decoded), "AWS:"))
	}
	return true
}

// body notes what is in a request or an answer, and returns it.
func (c *canaries) body(data []byte, request string) (found []string) {
	note := func(name, value string) {
		if c.field(name, value, request) {
			found = append(found, value)
		}
	}
	var document any
	if json.Unmarshal(data, &document) == nil {
		eachString("", document, note)
		return found
	}
	for _, element := range regexp.MustCompile(`<(\w+)>([^<]+)</`).FindAllSubmatch(data, -1) {
		if name := string(element[1]); name != "Code" { // of a refusal
			note(name, string(element[2]))
		}
	}
	if form, err := url.ParseQuery(string(data)); err == nil {
		for name, values := range form {
			note(name, values[0])
		}
	}
	return found
}

func eachString(name string, v any, do func(name, value string)) {
	switch v := v.(type) {
	case string:
		do(name, v)
	case map[string]any:
		for name, inner := range v {
			eachString(name, inner, do)
		}
	case []any:
		for _, inner := range v {
			eachString(name, inner, do)
		}
	}
}

// front stands before a server: it notes each address that is asked for, and each secret that passes.
type front struct {
	*canaries
	next      http.Handler
	mu        sync.Mutex
	addresses []string
	echo      string // how a request is answered with the secrets that were in it, a name of echoes; empty: by next
}

func (f *front) set(echo string) { f.mu.Lock(); defer f.mu.Unlock(); f.echo = echo }

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	f.addresses = append(f.addresses, r.Method+" "+r.URL.String())
	echo := f.echo
	f.mu.Unlock()
	sent := f.body(body, string(body))
	for name, values := range r.Header {
		if f.field(name, values[0], "") {
			sent = append(sent, values[0])
		}
	}
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), "Bearer "); ok {
		sent = append(sent, token)
		if strings.Count(token, ".") == 2 {
			f.add(aProof, token) // of a GitHub App
		}
	}
	if answer := echoes()[echo]; answer != nil && len(sent) > 0 {
		answer(w, r, sent)
		return
	}
	seen := &seenWriter{ResponseWriter: w}
	f.next.ServeHTTP(seen, r)
	f.body(seen.answer.Bytes(), string(body))
}

// seenWriter remembers an answer.
type seenWriter struct {
	http.ResponseWriter
	answer bytes.Buffer
}

func (s *seenWriter) Write(p []byte) (int, error) {
	s.answer.Write(p)
	return s.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (s *seenWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// echoes are the ways to answer a request with the secrets that were in it.
func echoes() map[string]func(w http.ResponseWriter, r *http.Request, sent []string) {
	return map[string]func(http.ResponseWriter, *http.Request, []string){
		"a refusal": func(w http.ResponseWriter, r *http.Request, sent []string) {
			refuseWith(w, r, "AccessDenied", "denied: "+strings.Join(sent, " "))
		},
		"a refusal, escaped": func(w http.ResponseWriter, r *http.Request, sent []string) {
			escape := func(how string) string {
				return regexp.MustCompile(`[^\w ]`).ReplaceAllStringFunc(strings.Join(sent, " "), func(c string) string { return fmt.Sprintf(how, c[0]) })
			}
			if isQuery(r) {
				writeAnswer(w, "text/xml", "<ErrorResponse><Error><Code>AccessDenied</Code><Message>"+escape("&#x%x;")+"</Message></Error></ErrorResponse>")
				return
			}
			writeAnswer(w, "application/json", fmt.Sprintf(`{"__type":"AccessDenied","error":"invalid_grant","message":"%[1]s","error_description":"%[1]s"}`, escape(`\u%04x`)))
		},
		"a code of an error": func(w http.ResponseWriter, r *http.Request, sent []string) {
			refuseWith(w, r, strings.Join(sent, ""), "denied")
		},
		"a header": func(w http.ResponseWriter, r *http.Request, sent []string) {
			w.Header().Set("X-Amzn-Requestid", strings.Join(sent, ""))
			refuseWith(w, r, "AccessDenied", "denied")
		},
		"a page": func(w http.ResponseWriter, _ *http.Request, sent []string) {
			fmt.Fprintf(w, "<html>%s</html>", sent)
		},
		"words": func(w http.ResponseWriter, _ *http.Request, sent []string) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, strings.Join(sent, " "))
		},
		"a redirect": func(w http.ResponseWriter, _ *http.Request, sent []string) {
			w.Header().Set("Location", "/?"+url.QueryEscape(strings.Join(sent, " ")))
			w.WriteHeader(http.StatusFound)
		},
		"a status": func(w http.ResponseWriter, _ *http.Request, sent []string) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			fmt.Fprintf(conn, "HTTP/1.1 400 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", strings.Join(sent, " "))
			conn.Close()
		},
	}
}

// isQuery reports whether a request is of AWS's query protocol, whose answers are XML.
func isQuery(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Content-Type"), "form") && !strings.Contains(r.URL.Path, "oauth")
}

func writeAnswer(w http.ResponseWriter, mime, text string) {
	w.Header().Set("Content-Type", mime)
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, text)
}

// refuseWith answers in the words of the protocol that was spoken.
func refuseWith(w http.ResponseWriter, r *http.Request, code, message string) {
	if isQuery(r) {
		var escaped [2]bytes.Buffer
		_ = xml.EscapeText(&escaped[0], []byte(code))
		_ = xml.EscapeText(&escaped[1], []byte(message))
		writeAnswer(w, "text/xml", fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", &escaped[0], &escaped[1]))
		return
	}
	fields := map[string]string{"__type": code, "message": message, "error": code, "error_description": message, "Code": code, "Message": message}
	if code == "AccessDenied" {
		fields["error"] = "invalid_grant"
	}
	text, _ := json.Marshal(fields) // of strings
	writeAnswer(w, "application/json", string(text))
}
