package awstest

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
)

// refusal is an error in AWS's words:
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
type refusal struct {
	status        int
	code, message string
	oauth         string // RFC 6749's error code; empty where the service speaks AWS's words alone
}

// words are how a service refuses.
type words struct {
	throttled *refusal
	write     func(*refusal, http.ResponseWriter, string)
}

// words are those of the query protocol.
func (s queryService) words() words {
	return words{refuse(http.StatusBadRequest, "Throttling", "Rate exceeded"), s.refuse}
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

func mismatch(message string) *refusal {
	return refuse(http.StatusForbidden, "SignatureDoesNotMatch", message)
}

func incomplete(message string) *refusal {
	return refuse(http.StatusBadRequest, "IncompleteSignature", message)
}

func malformed(message string) *refusal {
	return refuse(http.StatusBadRequest, "MalformedQueryString", message)
}

func denied(format string, args ...any) *refusal {
	return refuse(http.StatusForbidden, "AccessDenied", fmt.Sprintf(format, args...))
}

func invalid(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "ValidationError", fmt.Sprintf(format, args...))
}

func (s queryService) refuse(e *refusal, w http.ResponseWriter, id string) {
	type inner struct{ Type, Code, Message string }
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	out, _ := xml.MarshalIndent(struct { // of strings: cannot fail
		XMLName   xml.Name
		Error     inner
		RequestID string `xml:"RequestId"`
	}{xml.Name{Space: s.namespace, Local: "ErrorResponse"}, inner{kind, e.code, e.message}, id}, "", "  ")
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.status)
	_, _ = w.Write(append(out, '\n'))
}

// requestID is a random UUID.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
