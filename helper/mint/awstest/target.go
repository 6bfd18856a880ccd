package awstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// target is an operation of a service that speaks AWS's JSON protocol, which the X-Amz-Target header names.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type target struct {
	service string // that signatures are scoped to
	do      func(*AWS, caller, []byte) (result any, _ *refusal)
}

// targetWords are those of this protocol.
func targetWords() words {
	return words{refuse(http.StatusBadRequest, "ThrottlingException", "Rate exceeded"), (*refusal).writeTarget}
}

func (e *refusal) writeTarget(w http.ResponseWriter, _ string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.code, "message": e.message}) // to a client that may have left
}

func jsonTarget(name string) (target, bool) {
	switch name {
	case "secretsmanager.GetSecretValue":
		return target{"secretsmanager", (*AWS).getSecretValue}, true
	case "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken":
		return target{"ecr", (*AWS).getAuthorizationToken}, true
	case "SpencerFrontendService.GetAuthorizationToken":
		return target{"ecr-public", (*AWS).getPublicAuthorizationToken}, true
	}
	return target{}, false
}

// target serves the JSON protocol.
func (a *AWS) target(w http.ResponseWriter, r *http.Request) {
	id := requestID()
	w.Header().Set("X-Amzn-RequestId", id)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	name := r.Header.Get("X-Amz-Target")
	_, action, _ := strings.Cut(name, ".")
	call := a.arrive(r, url.Values{"Action": {action}})
	fault := a.fault(action)
	if fault.answers(a, w, r, targetWords()) {
		return
	}
	who, result, failure := a.performTarget(r, name)
	a.finish(call, who, failure)
	if failure != nil {
		failure.writeTarget(w, id)
		return
	}
	out, _ := json.Marshal(result) // of strings and numbers
	fault.send(w, out)
}

func (a *AWS) performTarget(r *http.Request, name string) (caller, any, *refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	op, ok := jsonTarget(name)
	if !ok || r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		return caller{}, nil, refuse(http.StatusBadRequest, "UnknownOperationException", "")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return caller{}, nil, refuse(http.StatusBadRequest, "SerializationException", "")
	}
	who, failure := a.authenticate(r, body, op.service)
	if failure != nil {
		return who, nil, failure
	}
	result, failure := op.do(a, who, body)
	return who, result, failure
}

// strict reads a JSON body that may hold nothing else than what v has.
func strict(body []byte, v any) *refusal {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(http.StatusBadRequest, "SerializationException", err.Error())
	}
	return nil
}
