package awstest

import (
	"encoding/xml"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// queryService is one that speaks the query protocol. Requests name it by its version alone.
type queryService struct {
	name      string // that signatures are scoped to
	namespace string
	version   string
	operation func(action string) (operation, bool)
}

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// serviceOf finds a service by its version. STS answers to those that are nobody's.
func serviceOf(version string) queryService {
	if version == "2010-05-08" {
		return queryService{"iam", "https://iam.amazonaws.com/doc/2010-05-08/", version, iamOperation}
	}
	return queryService{"sts", stsNamespace, "2011-06-15", stsOperation}
}

// request is one that is authenticated and well-formed.
type request struct {
	who    caller
	params url.Values
	fault  Fault // what to spoil in the answer
}

// operation is one that a service of the query protocol has.
type operation struct {
	params   []string // known; "Tags.member." stands for all below it
	do       func(*AWS, request) (result any, _ *refusal)
	unsigned bool // whoever calls brings another proof of who they are
}

// query serves the AWS query protocol: a form in, XML out.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
func (a *AWS) query(w http.ResponseWriter, r *http.Request) {
	id := requestID()
	w.Header().Set("X-Amzn-RequestId", id)
	body, params, failure := form(r)
	service := serviceOf(params.Get("Version"))
	if failure != nil {
		a.finish(a.arrive(r, params), caller{}, failure)
		service.words().write(failure, w, id)
		return
	}
	action := params.Get("Action")
	call := a.arrive(r, params)
	a.identify(call, id)
	fault := a.fault(action)
	if fault.answers(a, w, r, service.words()) {
		return
	}
	who, result, failure := a.perform(r, service, body, params, fault)
	a.finish(call, who, failure)
	if failure != nil {
		service.words().write(failure, w, id)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	fault.send(w, service.document(action, result, id))
}

// form reads the parameters of a request, each of which may be there once.
func form(r *http.Request) (body []byte, params url.Values, _ *refusal) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || r.URL.Path != "/" {
		return nil, nil, refuse(http.StatusNotFound, "UnknownOperationException", "")
	}
	text := string(body)
	switch media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case r.Method == http.MethodGet && text == "":
		text = r.URL.RawQuery
	case r.Method != http.MethodPost || media != "application/x-www-form-urlencoded" || r.URL.RawQuery != "":
		return nil, nil, malformed("Send a form by POST, or the parameters in the query by GET.")
	}
	params, err = url.ParseQuery(text)
	if err != nil {
		return nil, nil, malformed("The query string contains a syntax error.")
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, nil, malformed("Parameter '" + name + "' is given more than once.")
		}
		if r.Method == http.MethodGet && isPresignedParam(name) {
			delete(params, name)
		}
	}
	if params.Get("Action") == "" {
		return nil, params, refuse(http.StatusBadRequest, "MissingAction", "The request is missing an action or operation parameter.")
	}
	return body, params, nil
}

// perform authenticates and does what is asked.
func (a *AWS) perform(r *http.Request, service queryService, body []byte, params url.Values, fault Fault) (caller, any, *refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	action, version := params.Get("Action"), params.Get("Version")
	op, ok := service.operation(action)
	who, failure := a.caller(r, body, service, op.unsigned)
	if failure != nil {
		return who, nil, failure
	}
	if !ok || version != service.version {
		return who, nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation "+action+" for version "+version)
	}
	for name := range params {
		known := slices.ContainsFunc(append(op.params, "Action", "Version"), func(p string) bool {
			return name == p || strings.HasSuffix(p, ".") && strings.HasPrefix(name, p)
		})
		if !known {
			return who, nil, invalid("%s has no parameter '%s'", action, name)
		}
	}
	result, failure := op.do(a, request{who: who, params: params, fault: fault})
	return who, result, failure
}

// caller authenticates a request. Clients do not sign what needs no signature, since they may have nothing to sign
// with: one that signs uses credentials it should not have looked for.
func (a *AWS) caller(r *http.Request, body []byte, service queryService, unsigned bool) (caller, *refusal) {
	switch {
	case !unsigned:
		return a.authenticate(r, body, service.name)
	case r.Header.Get("Authorization") != "" || r.Header.Get("X-Amz-Security-Token") != "":
		return caller{}, incomplete("This operation takes no signature.")
	}
	return caller{}, nil
}

// document is an answer.
func (s queryService) document(action string, result any, id string) []byte {
	var b strings.Builder
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	root := xml.StartElement{Name: xml.Name{Space: s.namespace, Local: action + "Response"}}
	_ = e.EncodeToken(root) // into memory: cannot fail
	if result != nil {
		_ = e.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	}
	_ = e.EncodeElement(struct {
		RequestID string `xml:"RequestId"`
	}{id}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	_ = e.EncodeToken(root.End())
	_ = e.Close()
	return []byte(b.String() + "\n")
}
