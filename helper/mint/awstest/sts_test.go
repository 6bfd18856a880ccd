package awstest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper/mint/awstest"
)

func TestCallerIdentity(t *testing.T) {
	w := newWorld(t)
	root := w.AddRoot("111111111111")
	session := w.session(t, false)
	role := assume(t, w.as(session), readerARN)
	tests := map[string]struct {
		client *sts.Client
		want   string
	}{
		"user":    {w.asAlice(), "111111111111 arn:aws:iam::111111111111:user/alice " + w.alice.UserID},
		"root":    {w.client(root.AccessKeyID, root.Secret, ""), "111111111111 arn:aws:iam::111111111111:root 111111111111"},
		"session": {w.as(session), "111111111111 arn:aws:iam::111111111111:user/alice " + w.alice.UserID},
		"role":    {w.as(role.Credentials), "222222222222 arn:aws:sts::222222222222:assumed-role/Reader/me " + *role.AssumedRoleUser.AssumedRoleId},
	}
	for name, tt := range tests {
		id, err := tt.client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := *id.Account + " " + *id.Arn + " " + *id.UserId; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestGetSessionToken(t *testing.T) {
	w := newWorld(t)
	root := w.AddRoot("111111111111")
	asRoot := w.client(root.AccessKeyID, root.Secret, "")
	seconds := aws.Int32
	tests := map[string]struct {
		client *sts.Client
		in     sts.GetSessionTokenInput
		lasts  time.Duration
		code   string
		words  string
	}{
		"default":         {w.asAlice(), sts.GetSessionTokenInput{}, 12 * time.Hour, "", ""},
		"least":           {w.asAlice(), sts.GetSessionTokenInput{DurationSeconds: seconds(900)}, 15 * time.Minute, "", ""},
		"most":            {w.asAlice(), sts.GetSessionTokenInput{DurationSeconds: seconds(129600)}, 36 * time.Hour, "", ""},
		"too short":       {w.asAlice(), sts.GetSessionTokenInput{DurationSeconds: seconds(899)}, 0, "ValidationError", "greater than or equal to 900"},
		"too long":        {w.asAlice(), sts.GetSessionTokenInput{DurationSeconds: seconds(129601)}, 0, "ValidationError", "less than or equal to 129600"},
		"root's default":  {asRoot, sts.GetSessionTokenInput{}, time.Hour, "", ""},
		"root's most":     {asRoot, sts.GetSessionTokenInput{DurationSeconds: seconds(7200)}, time.Hour, "", ""},
		"with a session":  {w.as(w.session(t, false)), sts.GetSessionTokenInput{}, 0, "AccessDenied", "Cannot call GetSessionToken with session credentials"},
		"wrong code":      {w.asAlice(), sts.GetSessionTokenInput{SerialNumber: &w.mfa.Serial, TokenCode: wrongCode(w.mfa)}, 0, "AccessDenied", "invalid MFA one time pass code"},
		"wrong serial":    {w.asAlice(), sts.GetSessionTokenInput{SerialNumber: aws.String(w.mfa.Serial + "2"), TokenCode: aws.String("123456")}, 0, "AccessDenied", "verify your MFA serial number"},
		"short code":      {w.asAlice(), sts.GetSessionTokenInput{SerialNumber: &w.mfa.Serial, TokenCode: aws.String("12345")}, 0, "ValidationError", "tokenCode"},
		"no digits":       {w.asAlice(), sts.GetSessionTokenInput{SerialNumber: &w.mfa.Serial, TokenCode: aws.String("12345a")}, 0, "ValidationError", "tokenCode"},
		"code alone":      {w.asAlice(), sts.GetSessionTokenInput{TokenCode: aws.String("123456")}, 0, "ValidationError", "serialNumber"},
		"root's of alice": {asRoot, sts.GetSessionTokenInput{SerialNumber: &w.mfa.Serial, TokenCode: aws.String("123456")}, 0, "AccessDenied", "verify your MFA serial number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := tt.client.GetSessionToken(t.Context(), &tt.in)
			wantCode(t, err, tt.code, tt.words)
			if err == nil {
				wantLife(t, out.Credentials, tt.lasts)
			}
		})
	}
}

// wrongCode is six digits that the device does not show about now.
func wrongCode(d *awstest.Device) *string {
	now := time.Now()
	for i := range 10 {
		code := strings.Repeat(string(rune('0'+i)), 6)
		if !slices.Contains([]string{d.Code(now.Add(-30 * time.Second)), d.Code(now), d.Code(now.Add(30 * time.Second)), d.Code(now.Add(time.Minute))}, code) {
			return &code
		}
	}
	return nil
}

func wantLife(t *testing.T, c *types.Credentials, want time.Duration) {
	t.Helper()
	if left := time.Until(*c.Expiration); left > want || left < want-time.Minute {
		t.Errorf("%s left, want %s", left, want)
	}
	if !strings.HasPrefix(*c.AccessKeyId, "ASIA") {
		t.Errorf("access key id %s", *c.AccessKeyId)
	}
}

// A session of GetSessionToken may only assume roles and ask who it is; one with MFA opens roles that demand it.
func TestMFA(t *testing.T) {
	w := newWorld(t)
	code := aws.String(w.mfa.Code(time.Now()))
	in := &sts.GetSessionTokenInput{SerialNumber: &w.mfa.Serial, TokenCode: code}
	out, err := w.asAlice().GetSessionToken(t.Context(), in)
	wantCode(t, err, "", "")
	_, err = w.asAlice().GetSessionToken(t.Context(), in)
	wantCode(t, err, "AccessDenied", "invalid MFA one time pass code")
	_, err = tryAssume(t, w.asAlice(), adminARN, withCode(w.mfa, *code))
	wantCode(t, err, "AccessDenied", "invalid MFA one time pass code")

	admin := assume(t, w.as(out.Credentials), adminARN)
	g, _ := w.Grant(*admin.Credentials.AccessKeyId)
	if g.Principal != adminARN || g.MFA || !g.Role {
		t.Errorf("the role's session is %+v", g)
	}
	_, err = tryAssume(t, w.as(w.session(t, false)), adminARN)
	wantCode(t, err, "AccessDenied", "is not authorized to perform: sts:AssumeRole on resource: "+adminARN)
	_, err = tryAssume(t, w.asAlice(), adminARN)
	wantCode(t, err, "AccessDenied", "is not authorized")

	unused, ok := w.mfa.Unused()
	if !ok {
		t.Fatal("no code is left")
	}
	_, err = tryAssume(t, w.as(out.Credentials), adminARN, withCode(w.mfa, unused))
	wantCode(t, err, "AccessDenied", "session credentials")
	assume(t, w.asAlice(), adminARN, withCode(w.mfa, unused))
	for _, call := range w.Log() {
		if call.Params.Has("TokenCode") {
			t.Errorf("the log of %s has the code", call.Action)
		}
	}
}

func withCode(d *awstest.Device, code string) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.SerialNumber, in.TokenCode = &d.Serial, &code }
}

func TestHardwareDevice(t *testing.T) {
	w := newWorld(t)
	d := w.alice.AddHardwareMFA("GAHT12345678")
	assume(t, w.asAlice(), adminARN, withCode(d, d.Code(time.Now())))
	_, err := tryAssume(t, w.asAlice(), adminARN, withCode(d, w.mfa.Code(time.Now())))
	wantCode(t, err, "AccessDenied", "invalid MFA")
}

func TestAssumeRoleDurations(t *testing.T) {
	w := newWorld(t)
	wantLife(t, assume(t, w.asAlice(), readerARN).Credentials, time.Hour)
	wantLife(t, assume(t, w.asAlice(), readerARN, lasting(900)).Credentials, 15*time.Minute)
	wantLife(t, assume(t, w.asAlice(), readerARN, lasting(7200)).Credentials, 2*time.Hour)
	wantLife(t, assume(t, w.as(w.session(t, false)), readerARN, lasting(7200)).Credentials, 2*time.Hour)
	for seconds, words := range map[int32]string{
		899: "greater than or equal to 900", 43201: "less than or equal to 43200", 7201: "exceeds the MaxSessionDuration set for this role",
	} {
		_, err := tryAssume(t, w.asAlice(), readerARN, lasting(seconds))
		wantCode(t, err, "ValidationError", words)
	}
	reader := w.as(assume(t, w.asAlice(), readerARN).Credentials)
	wantLife(t, assume(t, reader, chainedARN, lasting(3600)).Credentials, time.Hour)
	_, err := tryAssume(t, reader, chainedARN, lasting(3601))
	wantCode(t, err, "ValidationError", "exceeds the 1 hour session limit for roles assumed by role chaining")
	_, err = tryAssume(t, w.asAlice(), chainedARN)
	wantCode(t, err, "AccessDenied", "")
}

func TestTrust(t *testing.T) {
	w := newWorld(t)
	bob := w.AddUser("111111111111", "team/bob")
	eve := w.AddUser("999999999999", "eve")
	root := w.AddRoot("111111111111")
	client := func(u *awstest.User) *sts.Client { return w.client(u.AccessKeyID, u.Secret, "") }
	external := func(id string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.ExternalId = &id }
	}
	source := func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("bob") }
	none := func(*sts.AssumeRoleInput) {}
	tests := map[string]struct {
		trust awstest.Trust
		who   *sts.Client
		add   func(*sts.AssumeRoleInput)
		code  string
	}{
		"nobody":             {awstest.Trust{}, client(bob), none, "AccessDenied"},
		"user":               {awstest.Trust{Principals: []string{bob.ARN}}, client(bob), none, ""},
		"other user":         {awstest.Trust{Principals: []string{bob.ARN}}, w.asAlice(), none, "AccessDenied"},
		"account":            {awstest.Trust{Principals: []string{"arn:aws:iam::111111111111:root"}}, client(bob), none, ""},
		"account's number":   {awstest.Trust{Principals: []string{"111111111111"}}, client(bob), none, ""},
		"other account":      {awstest.Trust{Principals: []string{"arn:aws:iam::111111111111:root"}}, client(eve), none, "AccessDenied"},
		"everybody":          {awstest.Trust{Principals: []string{"*"}}, client(eve), none, ""},
		"root":               {awstest.Trust{Principals: []string{"*"}}, client(root), none, "AccessDenied"},
		"external id":        {awstest.Trust{Principals: []string{"*"}, ExternalID: "blue"}, client(bob), external("blue"), ""},
		"no external id":     {awstest.Trust{Principals: []string{"*"}, ExternalID: "blue"}, client(bob), none, "AccessDenied"},
		"wrong external id":  {awstest.Trust{Principals: []string{"*"}, ExternalID: "blue"}, client(bob), external("Blue"), "AccessDenied"},
		"source identity":    {awstest.Trust{Principals: []string{"*"}, RequireSourceIdentity: true}, client(bob), source, ""},
		"no source identity": {awstest.Trust{Principals: []string{"*"}, RequireSourceIdentity: true}, client(bob), none, "AccessDenied"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			role := w.AddRole("arn:aws:iam::222222222222:role/"+strings.NewReplacer(" ", "-", "'", "").Replace(name), tt.trust)
			_, err := tryAssume(t, tt.who, role.ARN, tt.add)
			wantCode(t, err, tt.code, "")
		})
	}
	_, err := tryAssume(t, w.asAlice(), "arn:aws:iam::222222222222:role/None")
	wantCode(t, err, "AccessDenied", "is not authorized")
}
