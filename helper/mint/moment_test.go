package mint_test

import (
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

// TestExpiresByThisClock: however far AWS's clock is ahead or behind, a session ends by this machine's clock when AWS says it
// does, and lasts as long as it was asked for.
func TestExpiresByThisClock(t *testing.T) {
	sources := map[string]func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration){
		"session token": func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration) {
			w := newWorld(t)
			return w.aws, w.source(), &w.me, time.Hour
		},
		"Identity Center": func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration) {
			w := newSSOWorld(t)
			source, _ := w.roles()
			return w.aws, source, w.role, time.Hour
		},
		"IAM Roles Anywhere": func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration) {
			a := newAnywhere(t, ecKey(t), false, nil)
			return a.aws, &mint.RolesAnywhere{Now: time.Now, Network: &mint.Network{}}, &a.profile, time.Hour
		},
		"registry": func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration) {
			aws, m, p := newECR(t, false)
			return aws, m, p, 12 * time.Hour
		},
		"instance": func(t *testing.T) (*awstest.AWS, helper.Source, *helper.Profile, time.Duration) {
			m := newMachine(t)
			return m.aws, m.source(), &m.instance, 6 * time.Hour
		},
	}
	for name, make := range sources {
		for _, ahead := range []time.Duration{0, 3 * time.Second, 10 * time.Minute, -10 * time.Minute, 45 * time.Minute, -45 * time.Minute} {
			t.Run(name+" "+ahead.String(), func(t *testing.T) {
				aws, source, p, life := make(t)
				aws.SetClock(ahead)
				began := time.Now()
				s, err := source.Session(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				lasts, tolerated := time.Until(s.Expires), 2*time.Second+time.Since(began)
				if ahead.Abs() < 10*time.Second { // too little to be told from a slow answer
					tolerated += ahead.Abs()
				}
				if off := (lasts - life).Abs(); off > tolerated || !s.ValidAt(time.Now()) || time.Since(s.Issued) > time.Minute {
					t.Errorf("it lasts %s, want %s; issued %s", lasts, life, s.Issued)
				}
			})
		}
	}
}
