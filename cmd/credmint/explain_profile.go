package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credmint/cache"
	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/shellword"
)

// chainExplanation is what explain says of a profile; none of it is secret.
type chainExplanation struct {
	Profile   string               `json:"profile"`
	Links     []linkExplanation    `json:"links"`     // the profile itself first, what everything begins with last
	Variables []settingExplanation `json:"variables"` // of the environment, which win over the profiles' settings
	Asks      []string             `json:"asks"`      // of a person, if a program asked now
	Notes     []string             `json:"notes"`
}

type linkExplanation struct {
	Name     string               `json:"name"`
	Kind     string               `json:"kind"`
	What     string               `json:"what"`
	Region   string               `json:"region"`
	Endpoint string               `json:"endpoint,omitempty"`
	Expires  *time.Time           `json:"session_expires,omitempty"` // of the kept session; absent where there is none
	Next     *time.Time           `json:"next_refresh,omitempty"`    // from when on callers get a new one
	Settings []settingExplanation `json:"settings"`
}

type settingExplanation struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
}

// explainProfile follows a chain as a call for its session would, and asks nobody anything.
func (a *app) explainProfile(name string) (*chainExplanation, error) {
	p, err := a.profileOrSession(name)
	if err != nil {
		return nil, err
	}
	e := &chainExplanation{Profile: p.Name, Variables: a.variables(), Asks: []string{}, Notes: []string{}}
	sessions := a.sessionInfos()
	for _, link := range p.Links() {
		e.Links = append(e.Links, a.explainLink(link, sessions[cache.Key(link.Key()).Name()].Expires))
		e.Notes = append(e.Notes, notes(link)...)
	}
	for _, link := range a.toMint(p, sessions) {
		e.Asks = append(e.Asks, a.asks(link)...)
	}
	own, err := a.callerNotes(p)
	e.Notes = append(e.Notes, own...)
	return e, err
}

// variables are those that say how AWS is called. The password of a proxy is left out.
func (a *app) variables() []settingExplanation {
	set := []settingExplanation{}
	for _, v := range awsconfig.Variables(a.getenv) {
		set = append(set, settingExplanation{Name: v.Name, Value: v.Value, File: v.File})
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		value := a.getenv(name)
		if value == "" {
			continue
		}
		if proxy, err := url.Parse(value); err == nil {
			set = append(set, settingExplanation{Name: name, Value: proxy.Redacted(), File: "environment"})
		}
	}
	return set
}

func (a *app) explainLink(p *helper.Profile, ends time.Time) linkExplanation {
	l := linkExplanation{
		Name: p.Name, Kind: string(p.Kind), What: what(p), Region: p.Client.Region, Endpoint: p.Client.Endpoint,
		Settings: []settingExplanation{},
	}
	if p.Kind.Kept() && ends.After(a.now()) {
		l.Expires = &ends
		if p.Duration > 0 {
			next := helper.FreshUntil(helper.Session{Issued: ends.Add(-p.Duration), Expires: ends})
			l.Next = &next
		}
	}
	for _, set := range p.Settings {
		l.Settings = append(l.Settings, settingExplanation{set.Name, set.Value, tilde(set.File), set.Line})
	}
	slices.SortStableFunc(l.Settings, func(a, b settingExplanation) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return l
}

// what is a link in a line: whose session, and what it is made with.
func what(p *helper.Profile) string {
	switch in := p.Inputs.(type) {
	case *helper.SSOSession:
		return "sign-in at " + in.StartURL
	case *helper.SSOAssignment:
		return fmt.Sprintf("Identity Center role %s in account %s", in.RoleName, in.AccountID)
	case *helper.LoginSession:
		return "console sign-in of " + in.ARN
	case *helper.SAMLSignIn:
		return roleText(p) + ", with a SAML assertion from " + cmp.Or(in.URL, strings.Join(in.Command, " "))
	case *helper.WebIdentityToken:
		return roleText(p) + ", with the OIDC token of " + cmp.Or(in.File, strings.Join(in.Command, " "))
	case *helper.ContainerToken:
		return "the container's role, from " + p.Client.Endpoint
	case *helper.ProcessCommand:
		return "what this prints: " + strings.Join(in.Command, " ")
	case *helper.Certificate:
		return roleText(p) + ", with the certificate " + tilde(in.File)
	case *helper.FederatedUser:
		return fmt.Sprintf("federated user %s, with access key %s", in.Name, p.KeyRef.ID)
	case *helper.RootTarget:
		return fmt.Sprintf("root user of %s, for %s", in.TargetPrincipal, in.TaskPolicyARN[strings.LastIndexByte(in.TaskPolicyARN, '/')+1:])
	}
	switch p.Kind {
	case helper.Role:
		return roleText(p)
	case helper.Instance:
		return "the instance's role, from " + p.Client.Endpoint
	case helper.RawKey:
		return "access key " + p.KeyRef.ID + " itself, handed out as it is"
	case helper.Given:
		return "temporary credentials " + p.KeyRef.ID + " that somebody else made, in the " + string(p.KeyRef.Place)
	default:
		return keyText(p.KeyRef)
	}
}

func roleText(p *helper.Profile) string {
	if p.RoleARN == "" {
		return "the role that the assertion offers"
	}
	text := fmt.Sprintf("role %s in account %s", p.RoleARN[strings.Index(p.RoleARN, ":role/")+len(":role/"):], helper.AccountOf(p.RoleARN))
	if p.Direct {
		text += ", with the key of " + p.Source.Name + " itself"
	}
	return text
}

func keyText(ref helper.KeyRef) string {
	text := "access key " + ref.ID + " in the " + string(ref.Place)
	if ref.Secret != nil {
		text = "access key in secret " + ref.Secret.ID
	}
	if i := strings.LastIndexByte(ref.UserARN, ':'); i >= 0 {
		text += ", " + ref.UserARN[i+1:]
	}
	if ref.AccountID != "" {
		text += ", account " + ref.AccountID
	}
	return text
}

// notes are what AWS will not do as asked, and who is not answered.
func notes(p *helper.Profile) []string {
	if p.Allow != nil {
		return append([]string{p.Name + " is for " + strings.Join(p.Allow, ", ") + " only (credmint_allow)"}, durationNotes(p)...)
	}
	return durationNotes(p)
}

func durationNotes(p *helper.Profile) []string {
	for _, set := range p.Settings {
		asked, err := time.ParseDuration(set.Value + "s")
		if strings.TrimPrefix(set.Name, "credmint_") == "duration_seconds" && err == nil && p.Kind == helper.Role && p.Duration < asked {
			return []string{fmt.Sprintf("%s:%d: %s asks for %s: AWS gives a role assumed from another session %s at most",
				tilde(set.File), set.Line, set.Name, left(asked), left(p.Duration))}
		}
	}
	return nil
}

// callerNotes are about whether the SDKs ask credmint for the profile at all.
func (a *app) callerNotes(p *helper.Profile) ([]string, error) {
	config, err := a.awsConfig()
	if err != nil || p.Kind == helper.SSOSignIn {
		return nil, err
	}
	asked, first, err := config.Asked(p.Name)
	switch {
	case errors.Is(err, awsconfig.ErrNoProfile):
		return nil, nil
	case err != nil:
		return nil, err
	case !asked:
		return []string{"SDKs do not ask credmint for it: `credmint setup aws " + shellword.Argument(p.Name) + "` has them ask"}, nil
	case first != nil:
		return []string{fmt.Sprintf("%s:%d: SDKs follow %s before they ask credmint: write it as credmint_%s",
			tilde(first.File), first.Line, first.Name, first.Name)}, nil
	}
	return nil, nil
}

// text shows the whole chain on a screen.
func (e *chainExplanation) text(a *app) error {
	t := a.table(e.Profile, fmt.Sprintf("made in %s:", count(len(e.Links), "step")))
	for i := len(e.Links) - 1; i >= 0; i-- {
		l := e.Links[i]
		t.row(fmt.Sprintf("%d  %s", len(e.Links)-i, l.Name), l.What+"; "+l.state(a.now()))
		for _, s := range l.Settings {
			t.row("", s.String())
		}
	}
	for _, s := range e.Variables {
		t.row("variable", s.Name+" = "+s.Value)
	}
	if next := e.Links[0].Next; next != nil {
		t.row("next", "programs get a new session from "+next.Local().Format("15:04")+" on")
	}
	if len(e.Asks) == 0 {
		t.row("asks", "nothing of a person")
	}
	for _, ask := range e.Asks {
		t.row("asks", ask)
	}
	for _, note := range e.Notes {
		t.row("note", note)
	}
	return t.Flush()
}

func (s settingExplanation) String() string {
	where := s.File
	if s.Line > 0 {
		where = fmt.Sprintf("%s:%d", s.File, s.Line)
	}
	return fmt.Sprintf("%s  %s = %s", where, s.Name, s.Value)
}

func (l linkExplanation) state(now time.Time) string {
	switch {
	case l.Expires != nil:
		return "kept, " + left(l.Expires.Sub(now)) + " left"
	case l.Kind == string(helper.Given), l.Kind == string(helper.RawKey):
		return "never kept"
	default:
		return "not kept now"
	}
}

// tilde shortens a path below the home directory.
func tilde(path string) string {
	if rest, err := filepath.Rel(kept.Home(), path); err == nil && kept.Home() != "" && filepath.IsLocal(rest) {
		return filepath.Join("~", rest)
	}
	return path
}
