package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/shellword"
)

type syncCmd struct {
	Session  string `arg:"" optional:"" help:"The [sso-session]; the only one there is, where it is left out."`
	Template string `placeholder:"TEXT" help:"How profiles are named, of {account_name}, {account_id}, {role} and {session}; credmint_sync_template of the session, then \"{account_name}.{role}\", where it is left out."`
	Region   string `placeholder:"REGION" help:"The region to write into each profile; credmint_sync_region of the session where it is left out."`
	DryRun   bool   `short:"n" help:"Show what would change, and change nothing."`
	Yes      bool   `short:"y" help:"Write without asking."`
	Replace  bool   `help:"Write even if the block was edited by hand, whose changes are lost."`
	JSON     bool   `name:"json" help:"Print what changes as JSON."`
}

const defaultTemplate = "{account_name}.{role}"

// Run writes a profile for every role of every account that the sign-in may use, into a block of ~/.aws/config that is
// credmint's. Outside the block nothing changes, and only profiles of the block are ever removed.
func (c *syncCmd) Run(ctx context.Context, a *app) error {
	config, err := a.awsConfig()
	if err != nil {
		return err
	}
	if c.Session, err = theSession(config, c.Session); err != nil {
		return err
	}
	assigned, err := c.list(ctx, a, config)
	if err != nil {
		return err
	}
	sections, err := c.sections(config, assigned)
	if err != nil {
		return err
	}
	change, err := config.SetBlock(c.Session, sections, c.Replace, false)
	if errors.Is(err, awsconfig.ErrEditedBlock) {
		return advise(err, "move what you want to keep out of the block, then run `credmint sync --replace %s`", shellword.Argument(c.Session))
	}
	if err != nil {
		return err
	}
	if err := c.show(a, change); err != nil || c.DryRun || !change.Any() && !c.Replace {
		return err
	}
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	if err := a.confirm(ctx, c.Yes, "Write this to "+path+"? [y/N]", "add --yes to write it without being asked"); err != nil {
		return err
	}
	if _, err := config.SetBlock(c.Session, sections, c.Replace, true); err != nil {
		return err
	}
	a.tell("wrote %s", path)
	return nil
}

func theSession(config *awsconfig.Config, name string) (string, error) {
	names := config.SSOSessions()
	if slices.Contains(names, name) {
		return name, nil
	}
	if name == "" && len(names) == 1 {
		return names[0], nil
	}
	if len(names) == 0 {
		return "", advise(errors.New("there is no [sso-session] in the AWS config"),
			"write one: [sso-session NAME] with sso_start_url and sso_region; then run `credmint sync NAME`")
	}
	if name != "" {
		return "", advise(fmt.Errorf("there is no [sso-session %s] in the AWS config", name), "there is %s", strings.Join(names, ", "))
	}
	return "", &usageError{fmt.Errorf("which session: %s?", strings.Join(names, ", "))}
}

// list signs in where that is needed, and asks for all that is assigned.
func (c *syncCmd) list(ctx context.Context, a *app, config *awsconfig.Config) ([]mint.Assigned, error) {
	signIn, err := config.SSOSession(c.Session)
	if err != nil {
		return nil, err
	}
	a.person = a.screen(true, false)
	bar := a.bar("asking for roles of accounts")
	defer bar.end()
	return (&mint.SSOAssignments{Tokens: a.source(c.Session), Network: a.network()}).List(ctx, signIn, bar.at)
}

// sections are the profiles as they are to be written. Where two would have one name, the accounts' ids tell them apart.
func (c *syncCmd) sections(config *awsconfig.Config, assigned []mint.Assigned) ([]awsconfig.Section, error) {
	template, region, err := config.SyncSettings(c.Session)
	if err != nil {
		return nil, err
	}
	template, region = cmp.Or(c.Template, template, defaultTemplate), cmp.Or(c.Region, region)
	if region != "" && !awsconfig.ValidRegion(region) {
		return nil, &usageError{fmt.Errorf("%q is no AWS region", region)}
	}
	if !strings.Contains(template, "{role}") || !strings.Contains(template, "{account_") {
		return nil, &usageError{fmt.Errorf("template %q: it needs {role}, and {account_name} or {account_id}, to tell profiles apart", template)}
	}
	of := map[string]int{}
	for _, r := range assigned {
		of[c.name(template, r)]++
	}
	var sections []awsconfig.Section
	for _, r := range assigned {
		name := c.name(template, r)
		if of[name] > 1 {
			name += "." + r.AccountID
		}
		line, err := processLine(name)
		if err != nil {
			return nil, err
		}
		s := awsconfig.Section{Profile: name, Settings: []awsconfig.Line{
			{Name: "credential_process", Value: line},
			{Name: "credmint_sso_session", Value: c.Session},
			{Name: "credmint_sso_account_id", Value: r.AccountID},
			{Name: "credmint_sso_role_name", Value: r.RoleName},
		}}
		if region != "" {
			s.Settings = append(s.Settings, awsconfig.Line{Name: "region", Value: region})
		}
		sections = append(sections, s)
	}
	return sections, nil
}

// name fills the template. What means something to a shell or to the config file becomes a dash: such a name would have
// to be quoted wherever it is typed.
func (c *syncCmd) name(template string, r mint.Assigned) string {
	text := strings.NewReplacer(
		"{account_name}", cmp.Or(r.AccountName, r.AccountID), "{account_id}", r.AccountID, "{role}", r.RoleName, "{session}", c.Session,
	).Replace(template)
	text = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-@/+=", c) || c > 0x7f {
			return c
		}
		return '-'
	}, strings.TrimSpace(text))
	return strings.TrimLeft(text, "-")
}

// show says what changes: each profile on a line, and a sum.
func (c *syncCmd) show(a *app, change awsconfig.BlockChange) error {
	if c.JSON {
		return a.printJSON(map[string]any{
			"added": orEmpty(change.Added), "changed": orEmpty(change.Changed), "removed": orEmpty(change.Removed),
			"taken": orEmpty(change.Taken), "kept": change.Kept,
		})
	}
	var text strings.Builder
	for _, each := range []struct {
		mark  string
		names []string
	}{{"+", change.Added}, {"~", change.Changed}, {"-", change.Removed}} {
		for _, name := range each.names {
			fmt.Fprintf(&text, "%s %s\n", each.mark, name)
		}
	}
	if _, err := a.stdout.Write([]byte(text.String())); err != nil {
		return err
	}
	for _, name := range change.Taken {
		a.warn(fmt.Errorf("profile %q is not written: you have one of that name elsewhere", name))
	}
	a.tell("%s: %d new, %d changed, %d gone, %d as they were", c.Session, len(change.Added), len(change.Changed), len(change.Removed), change.Kept)
	return nil
}

func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
