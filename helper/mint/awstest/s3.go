package awstest

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
)

// s3Service is S3 for those who only want to see that they are somebody there: it lists the buckets of the caller's account,
// one for each account.
func (a *AWS) s3Service(r *http.Request) http.HandlerFunc {
	if s, _, failure := claim(r); failure != nil || s.service != "s3" {
		return nil
	}
	return a.listBuckets
}

// bucketList is the answer of https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html.
type bucketList struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
	Buckets []bucket `xml:"Buckets>Bucket"`
}

type bucket struct{ Name, CreationDate string }

func (a *AWS) listBuckets(w http.ResponseWriter, r *http.Request) {
	call := a.arrive(r, url.Values{"Action": {"ListBuckets"}})
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	a.mu.Lock()
	who, failure := a.authenticate(r, body, "s3")
	a.mu.Unlock()
	if failure == nil && (r.Method != http.MethodGet || r.URL.Path != "/") {
		failure = refuse(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
	}
	a.finish(call, who, failure)
	w.Header().Set("Content-Type", "application/xml")
	if failure != nil {
		w.WriteHeader(failure.status)
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: failure.code, Message: failure.message})
		return
	}
	_ = xml.NewEncoder(w).Encode(bucketList{Buckets: []bucket{{"logs-of-" + who.account, "2026-01-01T00:00:00.000Z"}}})
}
