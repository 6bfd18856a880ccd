package codecommit

import (
	"fmt"
	"slices"
	"strings"
)

// Target is what git asks about, as far as it decides who signs.
type Target struct {
	Region     string // empty where a codecommit:// URL leaves it to the profile
	Repository string // empty where git does not say
	User       string // of the URL; empty where it names none, or what git has left of an earlier signature
}

// Profiles is what there is to choose from.
type Profiles interface {
	// Has reports whether there is a profile of that name.
	Has(name string) (bool, error)
	// OfAccount lists the profiles of an account, in the order they stand in.
	OfAccount(account string) ([]string, error)
	// Claims lists the profiles that have the setting ClaimSetting, in that order.
	Claims() ([]Claim, error)
	// Region is where a profile's resources are; empty where nothing says so.
	Region(profile string) (string, error)
}

// Chooser chooses whose session signs. The first of these that names somebody does:
//
//  1. the profile of the helper line in git's config;
//  2. the URL's user name, where it is a profile's name, or means an account: twelve digits, or NAME-at-ACCOUNT as IAM
//     names HTTPS Git credentials. Of the account's profiles that is the one that claims the repository best, else the
//     one that stands first;
//  3. the credentials of the environment;
//  4. the profile that claims the repository best, with ClaimSetting;
//  5. $AWS_PROFILE;
//  6. the profile "default".
//
// A user name that means no profile belongs to a stored login: nobody signs. So it is where it means an account, and the
// helper line a profile of another.
type Chooser struct {
	Line        string // --profile of the helper line
	Environment bool   // whether the environment holds credentials
	Ambient     string // $AWS_PROFILE
	Profiles    Profiles
}

// Choice says who signs, and why.
type Choice struct {
	Profile     string // empty: the environment's credentials, or nobody
	Environment bool   // the environment's credentials sign, as they are
	Default     bool   // nothing names anybody, so it is the profile "default", which need not exist
	Why         string
	PassedOver  []Candidate
	Conflict    string // what a person should know about two places that say different things; most often empty
}

// Candidate is who might have signed, and why not.
type Candidate struct{ Who, Why string }

// Nobody reports whether nobody is to sign.
func (c Choice) Nobody() bool { return c.Profile == "" && !c.Environment }

// Who is the choice in words.
func (c Choice) Who() string {
	switch {
	case c.Environment:
		return "the environment's credentials"
	case c.Nobody():
		return "nobody"
	}
	return "profile " + c.Profile
}

// Choose decides, and looks no further.
func (c Chooser) Choose(t Target) (Choice, error) { return c.decide(t, false) }

// Explain is Choose that goes on to look at those whom the choice keeps from being asked.
func (c Chooser) Explain(t Target) (Choice, error) { return c.decide(t, true) }

func (c Chooser) decide(t Target, all bool) (Choice, error) {
	u, err := c.meaning(t)
	if err != nil || u.nobody != "" {
		return Choice{Why: u.nobody}, err
	}
	var out Choice
	for _, say := range []func(Target, user) (Choice, error){c.line, c.user, c.environment, c.claim, c.ambient, c.fallback} {
		says, err := say(t, u)
		switch {
		case err != nil:
			return Choice{}, err
		case says.Nobody():
			out.PassedOver = append(out.PassedOver, says.PassedOver...)
		case out.Nobody():
			says.PassedOver = append(out.PassedOver, says.PassedOver...)
			out = says
		default:
			out.PassedOver = append(out.PassedOver, Candidate{says.Who(), says.Why + ", which comes later"})
		}
		if !all && !out.Nobody() {
			break
		}
	}
	return out, nil
}

// user is what the URL's user name means.
type user struct {
	profiles []string // best first
	account  string
	nobody   string // why nobody signs for it
}

func (c Chooser) meaning(t Target) (u user, err error) {
	if t.User == "" {
		return user{}, nil
	}
	if known, err := c.Profiles.Has(t.User); err != nil || known {
		return user{profiles: []string{t.User}}, err
	}
	if u.account = accountIn(t.User); u.account == "" {
		u.nobody = fmt.Sprintf("the URL's user name %q is neither a profile nor means an account: only a login stored for it is given", t.User)
		return u, nil
	}
	if u.profiles, err = c.Profiles.OfAccount(u.account); err != nil {
		return user{}, err
	}
	switch {
	case len(u.profiles) == 0:
		u.nobody = fmt.Sprintf("no profile is of account %s, which the URL's user name %q means", u.account, t.User)
	case c.Line != "" && !slices.Contains(u.profiles, c.Line):
		u.nobody = fmt.Sprintf("the helper line says --profile %s, which is not of account %s, which the URL's user name %q means", c.Line, u.account, t.User)
	}
	return u, nil
}

// accountIn is the account that a user name means: all of it, or what follows "-at-".
func accountIn(username string) string {
	account := username
	if i := strings.LastIndex(username, "-at-"); i > 0 {
		account = username[i+len("-at-"):]
	}
	if len(account) != 12 || !only(account, isDigit) {
		return ""
	}
	return account
}

func (c Chooser) line(t Target, u user) (Choice, error) {
	if c.Line == "" {
		return passed("--profile", "the helper line has none"), nil
	}
	says := Choice{Profile: c.Line, Why: "the helper line in git's config says --profile " + c.Line}
	if t.User != "" && !slices.Contains(u.profiles, c.Line) {
		says.Conflict = fmt.Sprintf("profile %s signs, as the helper line in git's config says, though the URL names profile %s", c.Line, t.User)
	}
	return says, nil
}

func (c Chooser) user(t Target, u user) (Choice, error) {
	switch {
	case t.User == "":
		return passed("the URL's user name", "the URL has none"), nil
	case u.account == "":
		return Choice{Profile: t.User, Why: "the URL's user name is this profile's"}, nil
	}
	why := fmt.Sprintf("the URL's user name %q means account %s, and this profile of it stands first", t.User, u.account)
	best, err := c.best(t, func(profile string) bool { return slices.Contains(u.profiles, profile) })
	if err != nil {
		return Choice{}, err
	}
	out := Choice{Profile: u.profiles[0], Why: why}
	if best.Profile != "" {
		out.Profile = best.Profile
		out.Why = fmt.Sprintf("the URL's user name %q means account %s, and of its profiles %s", t.User, u.account, best.Why)
	}
	for _, profile := range u.profiles {
		if profile != out.Profile {
			out.PassedOver = append(out.PassedOver, Candidate{"profile " + profile, "it is of that account, too"})
		}
	}
	return out, nil
}

func (c Chooser) environment(Target, user) (Choice, error) {
	if !c.Environment {
		return passed("the environment's credentials", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"), nil
	}
	return Choice{Environment: true, Why: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set"}, nil
}

func (c Chooser) claim(t Target, _ user) (Choice, error) {
	return c.best(t, func(string) bool { return true })
}

func (c Chooser) ambient(Target, user) (Choice, error) {
	if c.Ambient == "" {
		return passed("AWS_PROFILE", "it is not set"), nil
	}
	return Choice{Profile: c.Ambient, Why: "AWS_PROFILE says so"}, nil
}

func (c Chooser) fallback(Target, user) (Choice, error) {
	return Choice{Profile: "default", Default: true, Why: "nothing names another"}, nil
}

// passed is the choice of nobody.
func passed(who, why string) Choice { return Choice{PassedOver: []Candidate{{who, why}}} }
