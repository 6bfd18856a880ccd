package codecommittest

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
)

// verify checks a signature from nothing but what arrived and what the server knows. It is written from the rule, not
// from the code that signs, so that one mistake cannot hide in both.
func (s *Server) verify(r Request, region string) error {
	keyID, token, _ := strings.Cut(r.Username, "%")
	secret, wantToken, ok := s.config.Keys(keyID)
	if !ok || token != wantToken {
		return errors.New("unknown access key or session token")
	}
	stamp, signature, ok := strings.Cut(r.Password, "Z")
	signed, err := time.Parse("20060102T150405", stamp)
	if err != nil || !ok {
		return errors.New("the password has no time")
	}
	if age := s.config.Now().Sub(signed); age > s.config.Life || age < -s.config.Life {
		return errors.New("the signature is stale, or of the future")
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(r.Path, root), "/")
	host := strings.TrimSuffix(r.Host, ":443")
	request := fmt.Sprintf("GIT\n%s%s\n\nhost:%s\n\nhost\n", root, name, host)
	day := stamp[:8]
	text := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s/%s/codecommit/aws4_request\n%x", stamp, day, region, sha256.Sum256([]byte(request)))
	sign := func(key []byte, data string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(data))
		return m.Sum(nil)
	}
	key := sign(sign(sign(sign([]byte("AWS4"+secret), day), region), "codecommit"), "aws4_request")
	if want := fmt.Sprintf("%x", sign(key, text)); !hmac.Equal([]byte(want), []byte(signature)) {
		return errors.New("the signature is wrong")
	}
	return nil
}
