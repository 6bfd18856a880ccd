package mint

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"credmint/helper"
)

// Assigned is a role that a sign-in may use in an account.
type Assigned struct {
	helper.SSOAssignment
	AccountName string
}

// SSOAssignments lists what Identity Center assigns to whoever signed in.
// See https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_ListAccounts.html.
type SSOAssignments struct {
	Tokens  Base // answers for the sign-in
	Network *Network
}

const (
	pageSize    = 100 // the most AWS gives
	atOnce      = 8   // accounts asked for at the same time: more are throttled
	listTries   = 12  // AWS throttles whoever lists thousands of accounts
	listBackoff = 5 * time.Second
)

// List returns every role of every account, by account and role. progress is told how many accounts are done, of how many.
func (m *SSOAssignments) List(ctx context.Context, signIn *helper.Profile, progress func(done, of int)) ([]Assigned, error) {
	return madeWith(ctx, m.Tokens, signIn, tokenRefused, func(token helper.Session) ([]Assigned, error) {
		return m.list(ctx, signIn, token, progress)
	})
}

// list asks for the accounts, and then for the roles of several at a time.
func (m *SSOAssignments) list(ctx context.Context, signIn *helper.Profile, token helper.Session, progress func(int, int)) ([]Assigned, error) {
	call := func(ctx context.Context, c restCall, out any) error {
		c.retryer = patient()
		return m.Network.portal(ctx, signIn, signIn.Inputs.(*helper.SSOSession).Portal, token, c, out)
	}
	accounts, err := accountsOf(ctx, call)
	if err != nil {
		return nil, err
	}
	return eachAccount(ctx, accounts, progress, func(ctx context.Context, account Assigned) ([]Assigned, error) {
		return rolesOf(ctx, call, account)
	})
}

// portalCall sends a call with a sign-in's token.
type portalCall func(ctx context.Context, c restCall, out any) error

func accountsOf(ctx context.Context, call portalCall) (accounts []Assigned, err error) {
	err = eachPage(func(query url.Values) (next string, err error) {
		var page struct {
			Next     string `json:"nextToken"`
			Accounts []struct {
				ID   string `json:"accountId"`
				Name string `json:"accountName"`
			} `json:"accountList"`
		}
		err = call(ctx, listAccounts(query), &page)
		for _, a := range page.Accounts {
			accounts = append(accounts, Assigned{helper.SSOAssignment{AccountID: a.ID}, a.Name})
		}
		return page.Next, err
	})
	return accounts, err
}

func rolesOf(ctx context.Context, call portalCall, account Assigned) (roles []Assigned, err error) {
	err = eachPage(func(query url.Values) (next string, err error) {
		var page struct {
			Next  string `json:"nextToken"`
			Roles []struct {
				Name string `json:"roleName"`
			} `json:"roleList"`
		}
		query.Set("account_id", account.AccountID)
		err = call(ctx, listAccountRoles(query), &page)
		for _, r := range page.Roles {
			role := account
			role.RoleName = r.Name
			roles = append(roles, role)
		}
		return page.Next, err
	})
	return roles, err
}

// eachPage asks for one page of a list after the other: ask returns where the next one begins, and nothing after the last.
func eachPage(ask func(query url.Values) (next string, err error)) error {
	query := url.Values{"max_result": {strconv.Itoa(pageSize)}}
	for {
		next, err := ask(query)
		if err != nil || next == "" {
			return err
		}
		query.Set("next_token", next)
	}
}

// eachAccount works on several accounts at a time. The first failure ends it.
func eachAccount(ctx context.Context, accounts []Assigned, progress func(int, int), work func(context.Context, Assigned) ([]Assigned, error)) ([]Assigned, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu     sync.Mutex
		all    []Assigned
		done   int
		failed error
		wg     sync.WaitGroup
		queue  = make(chan Assigned)
	)
	for range min(atOnce, len(accounts)) {
		wg.Go(func() {
			for account := range queue {
				roles, err := work(ctx, account)
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
					cancel(err)
				}
				all, done = append(all, roles...), done+1
				progress(done, len(accounts))
				mu.Unlock()
			}
		})
	}
	for _, account := range accounts {
		if ctx.Err() != nil {
			break
		}
		queue <- account
	}
	close(queue)
	wg.Wait()
	if failed == nil {
		failed = context.Cause(ctx) // nil, unless the caller gave up
	}
	slices.SortFunc(all, func(a, b Assigned) int {
		if c := strings.Compare(a.AccountID, b.AccountID); c != 0 {
			return c
		}
		return strings.Compare(a.RoleName, b.RoleName)
	})
	return all, failed
}

// patient is for calls that come by the thousand: throttling is the ordinary case, and no budget ends it.
func patient() aws.Retryer {
	return retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff, r.RateLimiter = listTries, listBackoff, ratelimit.None
	})
}
