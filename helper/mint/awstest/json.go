package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// jsonWords are those of AWS's REST protocol in JSON: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html.
func jsonWords(throttled *refusal) words { return words{throttled, (*refusal).writeJSON} }

// writeJSON refuses in JSON: with OAuth's words where the refusal has any, else with AWS's.
func (e *refusal) writeJSON(w http.ResponseWriter, id string) {
	w.Header().Set("X-Amzn-RequestId", id)
	w.Header().Set("X-Amzn-ErrorType", e.code+":http://internal.amazon.com/coral/com.amazonaws/")
	body := map[string]string{"message": e.message}
	if e.oauth != "" {
		body = map[string]string{"error": e.oauth, "error_description": e.message}
	}
	writeJSON(w, e.status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // to a client that may have left
}

// jsonOperation is one that answers in JSON. do is called with the mutex held.
type jsonOperation struct {
	action string
	words  words
	secret []string // parameters that the log leaves out
	params func(*http.Request) (url.Values, *refusal)
	do     func(params url.Values, fault Fault) (result any, _ *refusal)
}

// serveJSON answers a request that carries no signature.
func (a *AWS) serveJSON(w http.ResponseWriter, r *http.Request, op jsonOperation) {
	id := requestID()
	w.Header().Set("X-Amzn-RequestId", id)
	params, failure := op.params(r)
	logged := url.Values{"Action": {op.action}}
	for name, values := range params {
		logged[name] = values
	}
	for _, name := range op.secret {
		logged.Del(name)
	}
	call := a.arrive(r, logged)
	fault := a.fault(op.action)
	if fault.answers(a, w, r, op.words) {
		return
	}
	var result any
	if failure == nil {
		a.mu.Lock()
		result, failure = op.do(params, fault)
		a.mu.Unlock()
	}
	a.finish(call, caller{}, failure)
	if failure != nil {
		op.words.write(failure, w, id)
		return
	}
	if hook := a.hook(op.action); hook != nil {
		hook(params.Get("grantType"))
	}
	var answer bytes.Buffer
	_ = json.NewEncoder(&answer).Encode(result) // into memory: cannot fail
	w.Header().Set("Content-Type", "application/json")
	fault.send(w, answer.Bytes())
}

// jsonBody reads a JSON object of strings and lists of strings. Members that are not known are refused.
func jsonBody(r *http.Request, known ...string) (url.Values, *refusal) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" || r.URL.RawQuery != "" {
		return nil, invalidRequest("Send a JSON object.")
	}
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return nil, invalidRequest("The body is no JSON object.")
	}
	params := url.Values{}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			params.Set(name, v)
		case []any:
			for _, each := range v {
				params.Add(name, fmt.Sprint(each))
			}
		default:
			return params, invalidRequest("%s is of the wrong type", name)
		}
	}
	return params, onlyKnown(params, known)
}

func onlyKnown(params url.Values, known []string) *refusal {
	names := map[string]bool{}
	for _, name := range known {
		names[name] = true
	}
	for name := range params {
		if !names[name] {
			return invalidRequest("there is no parameter %s", name)
		}
	}
	return nil
}
