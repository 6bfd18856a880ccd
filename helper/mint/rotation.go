package mint

import (
	"errors"
	"fmt"
	"time"

	"credmint/helper"
	"credmint/helper/shellword"
)

// rotation is the part of a sign-in's record that is about its refresh token. AWS may take each token once, and answers
// with the next, which is in the keychain before anybody sees what came with it; or, where it cannot be kept, see unkept.
//
// The record says that the token is on its way before it is. Where it still says so the next time, a process ended, or
// lost its connection, between AWS's answer and the keychain; and if the old token is worth nothing any more, that is why.
type rotation struct {
	helper.Unprinted

	RefreshToken string    `json:"refresh_token,omitempty"` // empty once the sign-in has ended
	SignedIn     time.Time `json:"signed_in"`               // UTC; when a person did
	Sent         time.Time `json:"sent,omitzero"`           // UTC; when the token was sent for a successor that is not stored yet
	Ended        string    `json:"ended,omitempty"`         // why a person must sign in again
}

// damaged is why a sign-in whose record cannot be read has ended.
const damaged = "what the keychain keeps of the last sign-in is damaged"

// errReplaced says that the record is another sign-in's by now, or has the successor already.
var errReplaced = errors.New("somebody has signed in anew meanwhile")

// unkept tells that the token for the next renewal could not be stored, if that is what err says. What came with it is
// served all the same: it is all that is left of the sign-in, and to refuse it would lose that as well.
func unkept(p *helper.Profile, err error, warn func(error)) {
	if err == nil || errors.Is(err, errReplaced) {
		return
	}
	warn(fmt.Errorf("%w: what AWS has given is good while it lasts, and a person must sign in then: run `credmint login %s`", err, shellword.Argument(p.Name)))
}

// sent is the rotation while its token is on the way: since the first time, where that journey has no end yet.
func (r rotation) sent(now time.Time) rotation {
	if r.Sent.IsZero() {
		r.Sent = now.UTC().Truncate(time.Second)
	}
	return r
}

// followed is the rotation with the token's successor, or with the token itself where AWS gave no other.
func (r rotation) followed(next string) rotation {
	if next != "" {
		r.RefreshToken = next
	}
	r.Sent = time.Time{}
	return r
}

// ended is the rotation after AWS took its token no longer, for a reason of AWS's.
func (r rotation) ended(reason string) rotation {
	why := fmt.Sprintf("the sign-in of %s has ended (%s)", r.SignedIn.Local().Format("Mon 2 Jan 15:04"), reason)
	if !r.Sent.IsZero() {
		why = "its last renewal was cut off before the answer was stored, and the refresh token went with it"
	}
	return rotation{SignedIn: r.SignedIn, Ended: why}
}

// why tells what a person must sign in for.
func (r rotation) why() string {
	if r.Ended == "" {
		return "nobody has signed in yet"
	}
	return r.Ended
}
