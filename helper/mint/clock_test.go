package mint_test

import (
	"strings"
	"testing"
	"time"

	"credmint/helper/mint"
)

// TestClock: AWS's time comes with a refusal, whichever way the clocks differ, and no secret is sent for it.
func TestClock(t *testing.T) {
	w := newWorld(t)
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -2 * time.Hour} {
		w.aws.SetClock(ahead)
		began := time.Now()
		clock, err := new(mint.Network).Clock(t.Context(), &w.me, time.Now)
		tolerated := 2*time.Second + time.Since(began) // a slow answer says less
		if off := clock.Ahead - ahead; err != nil || off.Abs() > tolerated || "http://"+clock.Host != w.me.Client.Endpoint {
			t.Errorf("%s ahead: Clock = %+v, %v", ahead, clock, err)
		}
	}
	log := w.aws.Log()
	for _, call := range log {
		if call.Action != "GetCallerIdentity" || call.AccessKeyID != "" || call.Error != "MissingAuthenticationToken" {
			t.Errorf("%+v, want requests without a signature", call)
		}
	}
	if len(log) != 3 {
		t.Errorf("%d requests for 3 answers", len(log))
	}
	w.aws.Close()
	if clock, err := new(mint.Network).Clock(t.Context(), &w.me, time.Now); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody answers, and Clock = %+v, %v", clock, err)
	}
}
