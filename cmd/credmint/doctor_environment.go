package main

import (
	"context"
	"os"

	"credmint/cmd/credmint/kept"
	"credmint/helper/awsconfig"
	"credmint/helper/doctor"
)

// environmentCheck finds variables that win over the profiles, or name what is not there.
type environmentCheck struct{ *app }

func (environmentCheck) Name() string { return "environment" }

func (c environmentCheck) Look(context.Context) ([]doctor.Finding, error) {
	var findings []doctor.Finding
	for _, look := range []func() (doctor.Finding, bool){c.keys, c.webIdentity, c.region, c.home, c.configFile} {
		if f, odd := look(); odd {
			findings = append(findings, f)
		}
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		f, odd, err := c.profileVariable(variable)
		if err != nil {
			return findings, err
		}
		if odd {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		findings = append(findings, fine("no variable wins over the profiles"))
	}
	return findings, nil
}

// keys are of the first place where every SDK looks.
func (c environmentCheck) keys() (doctor.Finding, bool) {
	f := warning("AWS_ACCESS_KEY_ID is set: SDKs use that key whatever AWS_PROFILE says")
	f.Mend = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
	return f, c.getenv("AWS_ACCESS_KEY_ID") != ""
}

func (c environmentCheck) webIdentity() (doctor.Finding, bool) {
	f := warning("AWS_WEB_IDENTITY_TOKEN_FILE is set: some SDKs assume AWS_ROLE_ARN with it before they look at the profile")
	f.Mend = "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN"
	return f, c.getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && c.getenv("AWS_PROFILE") != ""
}

func (c environmentCheck) region() (doctor.Finding, bool) {
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value := c.getenv(variable); value != "" && !awsconfig.ValidRegion(value) {
			f := fault("%s = %s is no AWS region, and wins over those of the profiles", variable, value)
			f.Mend = "unset " + variable
			return f, true
		}
	}
	return doctor.Finding{}, false
}

// home is where a shell of Windows has made HOME another folder than USERPROFILE, which is this program's home there.
func (c environmentCheck) home() (doctor.Finding, bool) {
	home, own := c.getenv("HOME"), kept.Home()
	f := warning("HOME is %s, and AWS's SDKs for JavaScript and Rust look for .aws there; all others take %s", home, own)
	f.Mend = "export HOME=" + shellPath(own) // in that shell
	return f, home != "" && own != "" && home != own && c.getenv("AWS_CONFIG_FILE") == "" && !sameFile(home, own)
}

func (c environmentCheck) configFile() (doctor.Finding, bool) {
	path := awsconfig.ConfigFile(c.getenv, kept.Home())
	_, err := os.Stat(path)
	f := fault("AWS_CONFIG_FILE = %s: there is no such file", path)
	f.Mend = "unset AWS_CONFIG_FILE"
	return f, c.getenv("AWS_CONFIG_FILE") != "" && err != nil
}

func (c environmentCheck) profileVariable(variable string) (f doctor.Finding, odd bool, err error) {
	name := c.getenv(variable)
	config, err := c.awsConfig()
	if name == "" || err != nil {
		return f, false, nil // what is wrong with the files is told elsewhere
	}
	has, err := config.Has(name)
	if err != nil {
		return f, false, nil
	}
	_, kept, err := c.keyRef(name)
	f = fault("%s = %s names no profile", variable, name)
	f.Mend = "unset " + variable + "   # or: credmint list"
	return f, !has && !kept, err
}
