package main

import (
	"errors"
	"slices"

	"credmint/helper/awsconfig"
	"credmint/helper/shellword"
)

// astray adds to the error of a profile that leads to no credentials what to type.
func (a *app) astray(err error) error {
	if _, ok := errors.AsType[*awsconfig.EndlessError](err); ok {
		return advise(err, "run `credmint doctor`, which says what line to change")
	}
	none, ok := errors.AsType[*awsconfig.NoProfileError](err)
	if !ok {
		return err
	}
	names := a.profileNames()
	if near := awsconfig.Nearest(none.Profile, names); near != "" && !slices.Contains(names, none.Profile) {
		return advise(err, "is %q meant? `credmint list` shows the profiles", near)
	}
	if none.Profile == "default" && a.getenv("AWS_PROFILE") == "" && len(names) > 0 { // nobody named it, most likely
		return advise(err, "name a profile, or set AWS_PROFILE: `credmint list` shows the profiles")
	}
	return advise(err, "run `credmint add %s` to store an access key, or `credmint list` to see the profiles", shellword.Argument(none.Profile))
}

// profileNames are those of all profiles, as far as they can be read: what cannot has been said already.
func (a *app) profileNames() []string {
	config, err := a.awsConfig()
	if err != nil {
		return nil
	}
	names, err := a.kept.ProfileNames(config)
	if err != nil {
		return config.Names()
	}
	return names
}
