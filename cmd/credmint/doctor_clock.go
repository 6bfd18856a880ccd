package main

import (
	"context"
	"runtime"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/doctor"
)

// clockCheck compares the clock with that of the STS endpoint which the profile uses that is meant where none is named.
type clockCheck struct{ *app }

func (clockCheck) Name() string { return "clock" }

// The codes of MFA devices last for half a minute, and AWS refuses signatures that are off by more than five minutes, or
// fifteen: that differs by service.
const (
	clockOff  = 30 * time.Second
	clockLost = 4 * time.Minute
)

func (c clockCheck) Look(ctx context.Context) ([]doctor.Finding, error) {
	config, err := c.awsConfig()
	if err != nil {
		return []doctor.Finding{note("AWS was not asked for the time: its config cannot be read")}, nil
	}
	names, err := c.kept.ProfileNames(config)
	if err != nil || len(names) == 0 {
		return []doctor.Finding{note("AWS was not asked for the time: there are no profiles")}, nil
	}
	name := c.profileName("")
	client, err := config.Client(name, awsconfig.STS)
	if err != nil {
		return []doctor.Finding{note("AWS was not asked for the time: %v", err)}, nil
	}
	clock, err := c.network().Clock(ctx, &helper.Profile{Name: name, Kind: helper.UserKey, Client: client}, c.now)
	if err != nil {
		return []doctor.Finding{note("AWS was not asked for the time: %v", err)}, nil
	}
	f := fine("agrees with %s", clock.Host)
	switch off := clock.Ahead.Abs(); {
	case off >= clockLost:
		f = fault("this machine's clock is %s %s: AWS refuses what it signs", offBy(clock.Ahead), clock.Host)
	case off >= clockOff:
		f = warning("this machine's clock is %s %s: MFA codes come late or early", offBy(clock.Ahead), clock.Host)
	}
	if f.Level != doctor.Fine {
		f.Mend = setClock()
	}
	return []doctor.Finding{f}, nil
}

// setClock is what has a system ask a time server.
func setClock() string {
	switch runtime.GOOS {
	case "windows":
		return "w32tm /resync"
	case "darwin":
		return "sudo sntp -sS time.apple.com"
	}
	return "sudo timedatectl set-ntp true"
}
