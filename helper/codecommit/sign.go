package codecommit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/gitcred"
)

const (
	timeLayout = "20060102T150405" // no Z in what is signed; the password has it back
	dateLayout = "20060102"
	algorithm  = "AWS4-HMAC-SHA256"
)

// Sign makes user name and password for one repository of the host. The signature is Signature Version 4 over
//
//	GIT
//	/PATH
//	(empty)
//	host:HOST
//	(empty)
//	host
//
// whose last line is followed by a line feed but, unlike elsewhere, by no payload hash. The path is that of the URL as
// git names it: no percent-encoding, no query or fragment, one leading slash whether it comes with one or not. The
// session token is part of the user name and not signed. AWS refuses the password about 15 minutes after at, by its own clock.
//
// The rule is that of AWS's own tools: aws-cli's awscli/customizations/codecommit.py.
func Sign(s helper.Session, host Host, path string, at time.Time) (username, password string, err error) {
	if s.AccessKeyID == "" || s.SecretAccessKey == "" {
		return "", "", errors.New("the session is incomplete")
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	path = strings.TrimLeft(path, "/")
	if path == "" || strings.ContainsAny(path, "\r\n\x00") {
		return "", "", errors.New("the path names no repository")
	}
	at = at.UTC()
	canonical := "GIT\n/" + path + "\n\nhost:" + host.Name + "\n\nhost\n"
	digest := sha256.Sum256([]byte(canonical))
	scope := []string{at.Format(dateLayout), host.Region, "codecommit", "aws4_request"}

	key := []byte("AWS4" + s.SecretAccessKey)
	for _, word := range scope {
		key = mac(key, word)
	}
	stamp := at.Format(timeLayout)
	toSign := algorithm + "\n" + stamp + "\n" + strings.Join(scope, "/") + "\n" + hex.EncodeToString(digest[:])

	username = s.AccessKeyID
	if s.SessionToken != "" {
		username += "%" + s.SessionToken
	}
	return username, stamp + "Z" + hex.EncodeToString(mac(key, toSign)), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// IsSigned recognises a signed password by its shape, whoever made it: a time, Z, and 64 hexadecimal digits.
func IsSigned(password gitcred.Value) bool {
	p := password.Text()
	if len(p) != len("20060102T150405Z")+2*sha256.Size || p[15] != 'Z' {
		return false
	}
	if _, err := time.Parse(timeLayout, p[:15]); err != nil {
		return false
	}
	return only(p[16:], func(b byte) bool { return isDigit(b) || 'a' <= b && b <= 'f' })
}

// isSigner recognises the user name of a signed password: an access key id, alone or with a session token behind it.
func isSigner(username gitcred.Value) bool {
	id, _, _ := strings.Cut(username.Text(), "%")
	known := strings.HasPrefix(id, "AKIA") || strings.HasPrefix(id, "ASIA")
	return known && len(id) >= 16 && only(id, func(b byte) bool { return isUpper(b) || isDigit(b) })
}
