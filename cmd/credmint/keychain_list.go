package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"credmint/helper/prompt"
	"credmint/keychain"
)

type keychainListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// storeRow is what the list shows of a keychain.
type storeRow struct {
	Store   string   `json:"store"`
	Chosen  string   `json:"chosen,omitempty"` // by what: "CREDMINT_KEYCHAIN", "remembered" or "default"
	Secrets int      `json:"secrets"`          // that are in it
	Copies  int      `json:"copies,omitempty"` // of secrets that have been moved to another
	State   string   `json:"state"`            // "ok", or what is the matter
	ReadMS  *float64 `json:"read_milliseconds,omitempty"`
	Limit   int      `json:"limit,omitempty"` // bytes in one item, beyond which a secret is split; none: there is no limit
	What    string   `json:"what"`
}

// Run asks each keychain one question that nobody has to be asked for, all at once, and writes to none.
func (c *keychainListCmd) Run(ctx context.Context, a *app) error {
	k, err := a.keychain()
	if err != nil {
		return err
	}
	rows, err := a.storeRows(ctx, k)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	t := a.table("KEYCHAIN", "IN USE", "SECRETS", "STATE", "ANSWERS IN", "LIMIT", "WHAT")
	for _, r := range rows {
		secrets, took, limit := strconv.Itoa(r.Secrets), "-", "-"
		if r.Copies > 0 {
			secrets += fmt.Sprintf(" (+%s)", copies(r.Copies))
		}
		if r.ReadMS != nil {
			took = fmt.Sprintf("%.1f ms", *r.ReadMS)
		}
		if r.Limit > 0 {
			limit = fmt.Sprintf("%d bytes", r.Limit)
		}
		t.row(r.Store, orDash(r.Chosen), secrets, r.State, took, limit, r.What)
	}
	return t.Flush()
}

func copies(n int) string {
	if n == 1 {
		return "1 copy"
	}
	return fmt.Sprintf("%d copies", n)
}

func (a *app) storeRows(ctx context.Context, k *keychain.Keychain) ([]storeRow, error) {
	names, entries, err := a.usedStores(k)
	if err != nil {
		return nil, err
	}
	rows := make([]storeRow, len(names))
	answered, end := a.waitingFor("asking", names)
	defer end()
	var all sync.WaitGroup
	for i, name := range names {
		r := &rows[i]
		*r = storeRow{Store: name, What: a.storeWhat(name)}
		for _, e := range entries {
			if e.Store == name {
				r.Secrets++
			}
			if slices.Contains(e.Copies, name) {
				r.Copies++
			}
		}
		all.Go(func() {
			r.look(ctx, a.alone())
			answered(name)
		})
	}
	all.Wait()
	chosen, err := a.chosenBy(k)
	for i := range rows {
		if rows[i].Store == k.Choice() {
			rows[i].Chosen = chosen
		}
	}
	return rows, err
}

// look finds out how a store is, by way of an app of its own.
func (r *storeRow) look(ctx context.Context, a *app) {
	k, err := a.keychain()
	if err != nil {
		r.State = stateOf(err)
		return
	}
	r.Limit, _ = k.Limit(r.Store) // what Look fails with says the same
	read, err := k.Look(ctx, r.Store)
	if r.State = stateOf(err); err == nil {
		ms := float64(read.Round(100*time.Microsecond)) / float64(time.Millisecond)
		r.ReadMS = &ms
	}
}

func stateOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, prompt.ErrNobody):
		return "asks when needed"
	case errors.Is(err, keychain.ErrLocked):
		return "locked"
	case errors.Is(err, keychain.ErrDeclined):
		return "declined"
	case errors.Is(err, keychain.ErrTimeout):
		return "does not answer"
	case errors.Is(err, keychain.ErrUnavailable):
		return "not there"
	case errors.Is(err, keychain.ErrNotFound):
		return "a secret is gone"
	}
	return "damaged"
}

// chosenBy says what chose the keychain in use.
func (a *app) chosenBy(k *keychain.Keychain) (string, error) {
	if a.getenv("CREDMINT_KEYCHAIN") != "" {
		return "CREDMINT_KEYCHAIN", nil
	}
	before, err := k.Remembered()
	if before == "" {
		return "default", err
	}
	return "remembered", err
}
