package awstest

import (
	"testing"
	"time"
)

// RFC 6238, appendix B: the last six of the eight digits.
func TestTOTP(t *testing.T) {
	seed := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totp(seed, step(time.Unix(at, 0))); got != want {
			t.Errorf("code at %d = %s, want %s", at, got, want)
		}
	}
}

func TestCodesAreTakenOnce(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 10, 0, time.UTC)
	d := New().AddUser("111111111111", "alice").AddHardwareMFA("GAHT12345678")
	tests := []struct {
		at   time.Duration // whose code
		want bool
	}{
		{0, true},
		{0, false},
		{10 * time.Second, false}, // the same step
		{-30 * time.Second, true},
		{30 * time.Second, true},
		{30 * time.Second, false},
		{60 * time.Second, false},  // two steps ahead
		{-60 * time.Second, false}, // two steps behind
	}
	for _, tt := range tests {
		if got := d.accept(d.Code(now.Add(tt.at)), now); got != tt.want {
			t.Errorf("the code of %s from now: %t, want %t", tt.at, got, tt.want)
		}
	}
	if d.accept("", now) || d.accept("12345", now) {
		t.Error("a code that is none was taken")
	}
}

// Unused hands out codes as long as AWS takes them.
func TestUnused(t *testing.T) {
	a := New()
	d := a.AddUser("111111111111", "alice").AddMFA("alice")
	began, seen := step(a.Now()), map[string]bool{}
	for range 3 {
		code, ok := d.Unused()
		if !ok || seen[code] || !d.accept(code, a.Now()) {
			t.Fatalf("Unused = %q, %t after %v", code, ok, seen)
		}
		seen[code] = true
	}
	if code, ok := d.Unused(); ok && step(a.Now()) == began { // else another code is shown now
		t.Errorf("Unused = %q after all were used", code)
	}
}
