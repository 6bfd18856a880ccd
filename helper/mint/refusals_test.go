package mint_test

import (
	"context"
	"errors"
	"net"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

// TestRefusals has AWS refuse in each of its ways, through the sources that mint: the error says what AWS said, and the hint
// why, where the setting stands that matters, and what to type.
func TestRefusals(t *testing.T) {
	const (
		key     = "[profile me]\n"
		role    = key + "[profile prod]\nrole_arn = arn:aws:iam::222222222222:role/Role\nsource_profile = me\n" // lines 2 to 4
		trusted = "the trust policy of `role_arn` (CONFIG:3) must name arn:aws:iam::111111111111:user/alice, whose own policies must allow sts:AssumeRole"
		notSo   = "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Role"
	)
	for _, tt := range []struct {
		name, config, profile string
		trust                 awstest.Trust
		spoil                 func(*awstest.AWS, *awstest.User)
		want, hint            string
	}{
		{"MFA is missing", role, "prod", awstest.Trust{RequireMFA: true}, nil, "AccessDenied: User: arn:aws:iam::111111111111:user/alice " + notSo, trusted + "; if it asks for MFA, set `credmint_mfa_serial` in [profile prod]; if it asks for an external id, set `credmint_external_id` in [profile prod]"},
		{"the external id is wrong", role + "credmint_external_id = red\nmfa_serial = MFA\n", "prod", awstest.Trust{ExternalID: "blue"}, nil, notSo, trusted + "; its external id must be that of `credmint_external_id` (CONFIG:5)"},
		{"not its principal", role + "mfa_serial = MFA\n", "prod", awstest.Trust{Principals: []string{"333333333333"}}, nil, notSo, trusted + "; if it asks for an external id, set `credmint_external_id` in [profile prod]"},
		{"a code that is none", key + "mfa_serial = MFA\n", "me", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) { a.SetClock(time.Minute) }, "MultiFactorAuthentication failed with invalid MFA one time pass code", "AWS takes each code once: wait for the next one, and compare the device with arn:aws:iam::111111111111:mfa/alice"},
		{"another user's device", key + "mfa_serial = arn:aws:iam::111111111111:mfa/bob\n", "me", awstest.Trust{}, nil, "unable to validate MFA code", "compare `mfa_serial` (CONFIG:2) with the user's security credentials in IAM"},
		{"a service control policy", role, "prod", awstest.Trust{Verdict: "with an explicit deny in a service control policy"}, nil, notSo + " with an explicit deny in a service control policy", "an organization forbids it (a service control policy), and no setting here helps: whoever looks after the organization must allow arn:aws:iam::111111111111:user/alice to do sts:AssumeRole"},
		{"a resource control policy", role, "prod", awstest.Trust{Verdict: "with an explicit deny in a resource control policy"}, nil, notSo, "the organization of arn:aws:iam::222222222222:role/Role forbids it (a resource control policy)"},
		{"a permissions boundary", role, "prod", awstest.Trust{Verdict: "because no permissions boundary allows the sts:AssumeRole action"}, nil, notSo, "the permissions boundary of arn:aws:iam::111111111111:user/alice must allow sts:AssumeRole on arn:aws:iam::222222222222:role/Role"},
		{"a policy that wants MFA", role, "prod", awstest.Trust{Verdict: "with an explicit deny in an identity-based policy"}, nil, notSo, "a policy of arn:aws:iam::111111111111:user/alice denies sts:AssumeRole, most often until there is MFA: set `credmint_mfa_serial` in [profile prod]"},
		{"no policy allows it", role, "prod", awstest.Trust{Verdict: "because no identity-based policy allows the sts:AssumeRole action"}, nil, notSo, "a policy of arn:aws:iam::111111111111:user/alice must allow sts:AssumeRole on arn:aws:iam::222222222222:role/Role"},
		{"the trust policy's own denial", role, "prod", awstest.Trust{Verdict: "with an explicit deny in a resource-based policy"}, nil, notSo, "the trust policy of `role_arn` (CONFIG:3) denies it to arn:aws:iam::111111111111:user/alice"},
		{"tags", role + "credmint_session_tags = project=blue\n", "prod", awstest.Trust{NoTags: true}, nil, "is not authorized to perform: sts:TagSession on resource: arn:aws:iam::222222222222:role/Role", "or take `credmint_session_tags` (CONFIG:5) out"},
		{"a source identity", role + "credmint_source_identity = alice\n", "prod", awstest.Trust{NoSourceIdentity: true}, nil, "is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::222222222222:role/Role", "must allow sts:SetSourceIdentity to arn:aws:iam::111111111111:user/alice, whose own policies must do so too; `credmint_source_identity` (CONFIG:5)"},
		{"longer than the role lets", role + "duration_seconds = 7200\n", "prod", awstest.Trust{}, nil, "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "lower `duration_seconds` (CONFIG:5), or raise the role's maximum session duration in IAM"},
		{"too much to pack", role + "credmint_session_tags = " + manyTags() + "\n", "prod", awstest.Trust{}, nil, "PackedPolicyTooLarge", "shorten `credmint_session_policy` in [profile prod], `credmint_policy_arns` in [profile prod] or `credmint_session_tags` (CONFIG:5)"},
		{"an inactive key", key, "me", awstest.Trust{}, func(_ *awstest.AWS, u *awstest.User) { u.Deactivate() }, "InvalidClientTokenId: The security token included in the request is invalid.", "the access key is unknown to AWS, or inactive: make a new one in IAM and run `credmint add --replace me`; or region us-east-1 is not switched on for its account"},
		{"another key's secret", key, "me", awstest.Trust{}, func(_ *awstest.AWS, u *awstest.User) { u.Secret = "wrong" }, "SignatureDoesNotMatch: The request signature we calculated does not match", "the secret does not belong to the key's id: run `credmint add --replace me`"},
		{"a session that ended", role, "prod", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) {
			a.SetFault("GetSessionToken", awstest.Fault{Life: 1})
		}, "ExpiredToken: The security token included in the request is expired", "the session of me is over: run `credmint forget me` and try again"},
		{"a session nobody knows", role, "prod", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) {
			a.SetFault("AssumeRole", awstest.Fault{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."})
		}, "InvalidClientTokenId", "AWS does not know the session of me: run `credmint forget me` and try again; or region us-east-1"},
		{"a region switched off", key + "region = eu-south-1\n", "me", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) { a.DisableRegion("eu-south-1") }, "RegionDisabledException: STS is not activated in this region for account:111111111111.", "switch region eu-south-1 on for the account, or set another `region` (CONFIG:2)"},
		{"a clock that is behind", key + "mfa_serial = MFA\n", "me", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) { a.SetClock(20 * time.Minute) }, "SignatureDoesNotMatch: Signature expired: ", "this machine's clock is 20m0s behind AWS's: compare `date -u`"},
		{"a clock that is ahead", key + "mfa_serial = MFA\n", "me", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) { a.SetClock(-20 * time.Minute) }, "SignatureDoesNotMatch: Signature not yet current: ", "this machine's clock is 20m0s ahead of AWS's"},
		{"the root user", role, "prod", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) {
			a.SetFault("AssumeRole", awstest.Fault{Code: "AccessDenied", Message: "Roles may not be assumed by root accounts."})
		}, "Roles may not be assumed by root accounts.", "AWS lets the root user assume no role"},
		{"too many calls", key, "me", awstest.Trust{}, func(a *awstest.AWS, _ *awstest.User) {
			a.SetFault("GetSessionToken", awstest.Fault{Code: "RequestLimitExceeded", Message: "Request limit exceeded."})
		}, "RequestLimitExceeded", "try again in a minute"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.trust.Principals == nil {
				tt.trust.Principals = []string{w.alice.ARN}
			}
			w.aws.AddRole("arn:aws:iam::222222222222:role/Role", tt.trust)
			file := filepath.Join(t.TempDir(), "config")
			p := w.resolve(t, file, strings.ReplaceAll(tt.config, "MFA", w.mfa.Serial), tt.profile)
			w.codes = []string{w.mfa.Code(time.Now()), w.wrong(1)[0], w.wrong(1)[0]}
			if tt.spoil != nil {
				tt.spoil(w.aws, w.alice)
			}
			_, err := w.chain().Session(t.Context(), p)
			var refused *mint.Error
			if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), `profile "`+tt.profile+`": AWS refused `) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("refused with %v, want %q", err, tt.want)
			}
			if hint := strings.ReplaceAll(refused.Hint(), file, "CONFIG"); !strings.Contains(hint, tt.hint) {
				t.Errorf("hint  %s\nwant  %s", hint, tt.hint)
			}
		})
	}
}

// manyTags are more than AWS packs.
func manyTags() string {
	var tags []string
	for _, letter := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		tags = append(tags, letter+"="+strings.Repeat(letter, 200))
	}
	return strings.Join(tags, ",")
}

// resolve reads a config file as programs' calls do.
func (w *world) resolve(t *testing.T, file, text, profile string) *helper.Profile {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"AWS_CONFIG_FILE": file, "AWS_ENDPOINT_URL": w.me.Client.Endpoint}
	config, err := awsconfig.Load(func(name string) string { return env[name] }, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := config.Profile(profile, func(name string) (helper.KeyRef, bool, error) {
		return helper.KeyRef{Place: helper.InKeychain, Profile: name, ID: w.alice.AccessKeyID}, name == "me", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// chain mints a link's source anew, too.
func (w *world) chain() helper.Source {
	byKind := w.source().(mint.ByKind)
	byKind[helper.Role].(*mint.AssumeRole).Base = unkept{byKind}
	return byKind
}

// unkept mints another session as it did the first.
type unkept struct{ helper.Source }

func (u unkept) Instead(ctx context.Context, p *helper.Profile, _ helper.Session) (helper.Session, error) {
	return u.Session(ctx, p)
}

// TestUnreachable: nobody answers, and the hint tells which setting chose whom to ask.
func TestUnreachable(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "config")
	strange := awstest.New()
	url := strange.StartTLS()
	t.Cleanup(strange.Close)
	ask := func(p *helper.Profile) error {
		_, err := new(mint.Network).Clock(t.Context(), p, time.Now) // asks once
		return err
	}
	for _, tt := range []struct {
		name, endpoint string
		ask            func(*helper.Profile) error
		hint           string
	}{
		{"nobody listens", "http://127.0.0.1:1", ask, "nothing answers at 127.0.0.1:1: compare `endpoint_url` (CONFIG:2), and AWS_ENDPOINT_URL"},
		{"somebody else's certificate", url, ask, "name its authority with `credmint_ca_bundle` in [profile me]"},
		{"a region that is none", "", func(p *helper.Profile) error {
			return mint.Explain(p, "GetSessionToken", &neturl.Error{
				Op: "Post", URL: "https://sts.eu-west-9.amazonaws.com/",
				Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "sts.eu-west-9.amazonaws.com", IsNotFound: true}},
			})
		}, "nothing has the name sts.eu-west-9.amazonaws.com: is eu-west-9 a region (`region` (CONFIG:3)), and is there a network?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "[profile me]\nendpoint_url = " + tt.endpoint + "\nregion = eu-west-9\n"
			p := w.resolve(t, file, text, "me")
			p.Client.Endpoint = tt.endpoint // the environment's wins in this world
			if tt.endpoint != "" {
				p.Settings = append(p.Settings, helper.Setting{Name: "endpoint_url", File: file, Line: 2})
			}
			err := tt.ask(p)
			var hinter interface{ Hint() string }
			if !errors.As(err, &hinter) || !strings.Contains(strings.ReplaceAll(hinter.Hint(), file, "CONFIG"), tt.hint) {
				t.Errorf("%v has no hint with %q", err, tt.hint)
			}
		})
	}
}
