package mint

import (
	"context"
	"net/http"
	"sync/atomic"

	"credmint/helper"
)

// Recorded is a Source that tells of every session that Next mints, or does not. The request is AWS's id of the last one
// that Next sent for it, as CloudTrail has it; empty where there was none.
type Recorded struct {
	Next   helper.Source
	Record func(p *helper.Profile, s helper.Session, request string, err error)
}

var _ helper.Source = Recorded{}

// Session asks Next.
func (m Recorded) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	last := &atomic.Pointer[string]{}
	s, err := m.Next.Session(context.WithValue(ctx, requestKey{}, last), p)
	request := ""
	if id := last.Load(); id != nil {
		request = *id
	}
	m.Record(p, s, request, err)
	return s, err
}

// requestKey is that of the context's place for the id of a request. The links of a chain have one each.
type requestKey struct{}

// unrecorded is for requests beside the one that mints.
func unrecorded(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, &atomic.Pointer[string]{})
}

// noteRequest remembers the id in an answer of AWS's.
func noteRequest(resp *http.Response) {
	last, ok := resp.Request.Context().Value(requestKey{}).(*atomic.Pointer[string])
	if id := resp.Header.Get("X-Amzn-Requestid"); ok && id != "" {
		last.Store(&id)
	}
}
