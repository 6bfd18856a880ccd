package mint

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"credmint/helper"
)

// ssoRecord is what the keychain keeps of a sign-in: the refresh token, and the client that it was given to and that
// alone may use it.
type ssoRecord struct {
	helper.Unprinted

	rotation
	ClientID     string    `json:"client_id,omitempty"`
	ClientSecret string    `json:"client_secret,omitempty"`
	ClientUntil  time.Time `json:"client_until,omitzero"` // UTC; when AWS forgets the client, ninety days after it was registered
}

// SSORecords begins the names of all records of sign-ins to Identity Center.
const SSORecords = "sso/"

// SSORecord is the name of a sign-in's record. It ends in a part of the link's key, so that profiles which reach one
// [sso-session] in two ways, and thus take turns under two locks, do not share a refresh token that works once.
func SSORecord(p *helper.Profile) string {
	key := p.Key()
	return fmt.Sprintf("%s%s/%s", SSORecords, p.Inputs, hex.EncodeToString(key[:4]))
}

func (r ssoRecord) encode() []byte {
	out, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and times always marshal
	}
	return out
}

func (r ssoRecord) about() map[string]string {
	return map[string]string{"signed_in": r.SignedIn.Format(time.RFC3339)}
}

// decodeSSORecord reads a record. What is damaged is as good as ended, and says so.
func decodeSSORecord(value []byte) ssoRecord {
	var r ssoRecord
	if json.Unmarshal(value, &r) != nil || r.Ended == "" && (r.ClientID == "" || r.RefreshToken == "") {
		return ssoRecord{rotation: rotation{Ended: damaged}}
	}
	return r
}
