package serve

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper"
)

// minter answers after a while, with sessions that last so long, or not at all.
type minter struct {
	takes, life time.Duration
	err         error
	calls       int
}

func (m *minter) Session(context.Context, *helper.Profile) (helper.Session, error) {
	m.calls++
	time.Sleep(m.takes)
	return helper.Session{SessionToken: "t", Issued: time.Now(), Expires: time.Now().Add(m.life)}, m.err
}

// TestRenewal is what an SDK waits for, in the time of a bubble.
func TestRenewal(t *testing.T) {
	down := errors.New("AWS is down")
	tests := []struct {
		name   string
		left   time.Duration // of a session of an hour
		minter minter
		waits  time.Duration
		fresh  bool
		err    error
		calls  int // after a minute of asking once a second
	}{
		{"fresh", 40 * time.Minute, minter{life: time.Hour}, 0, false, nil, 0},
		{"near its end", 19 * time.Minute, minter{life: time.Hour, takes: time.Second}, 0, false, nil, 1},
		{"near its end, AWS down", 19 * time.Minute, minter{err: down}, 0, false, nil, 1},
		{"due", 14 * time.Minute, minter{life: time.Hour, takes: time.Second}, time.Second, true, nil, 1},
		{"due, slow", 14 * time.Minute, minter{life: time.Hour, takes: 10 * time.Second}, patience, false, nil, 1},
		{"due, AWS down", 14 * time.Minute, minter{err: down}, 0, false, nil, 12},
		{"over", -time.Second, minter{life: time.Hour, takes: time.Second}, time.Second, true, nil, 1},
		{"over, slow", -time.Second, minter{life: time.Hour, takes: 10 * time.Second}, patience, false, errMinting, 1},
		{"over, AWS down", -time.Second, minter{err: down}, 0, false, down, 12},
		{"shorter than the pause", -time.Second, minter{life: 2 * time.Second}, 0, true, nil, 30},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				m := test.minter
				s := &slot{source: &m, profile: &helper.Profile{}, now: time.Now, session: helper.Session{
					SessionToken: "old", Issued: now.Add(test.left - time.Hour), Expires: now.Add(test.left),
				}}
				got, err := s.answer(t.Context(), t.Context())
				if waited := time.Since(now); waited != test.waits || !errors.Is(err, test.err) || err == nil && (got.SessionToken == "t") != test.fresh {
					t.Errorf("after %s: %s, %v; want after %s, fresh %v, %v", waited, got.SessionToken, err, test.waits, test.fresh, test.err)
				}
				for time.Since(now) < time.Minute {
					_, _ = s.answer(t.Context(), t.Context())
					time.Sleep(time.Second)
				}
				synctest.Wait()
				if m.calls != test.calls {
					t.Errorf("asked %d times in a minute, want %d", m.calls, test.calls)
				}
			})
		})
	}
}

// Who asked and went away ends no minting: the next one is served by it.
func TestCallerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := minter{life: time.Hour, takes: time.Minute}
		s := &slot{source: &m, profile: &helper.Profile{}, now: time.Now}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.answer(t.Context(), gone); !errors.Is(err, errMinting) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, err := s.answer(t.Context(), t.Context()); err != nil || got.SessionToken != "t" || m.calls != 1 {
			t.Errorf("got %v, %v after %d calls", got, err, m.calls)
		}
	})
}

// While Source is asked anew its last failure is none: an SDK that is told of it would not ask again.
func TestOldFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := minter{life: time.Hour, takes: time.Minute}
		s := &slot{source: &m, profile: &helper.Profile{}, now: time.Now, failure: &Final{errors.New("sign in")}, asked: time.Now()}
		if _, err := s.answer(t.Context(), t.Context()); !errors.Is(err, s.failure) {
			t.Errorf("at once: %v", err)
		}
		time.Sleep(pause)
		if _, err := s.answer(t.Context(), t.Context()); !errors.Is(err, errMinting) {
			t.Errorf("while it is asked: %v", err)
		}
		time.Sleep(time.Minute)
	})
}
