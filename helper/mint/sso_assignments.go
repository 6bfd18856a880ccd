package mint

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sso"

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
	client, err := m.Network.portal(signIn, signIn.Inputs.(*helper.SSOSession).Portal)
	if err != nil {
		return nil, err
	}
	bearer := aws.String(token.SessionToken)
	var accounts []Assigned
	pages := sso.NewListAccountsPaginator(client, &sso.ListAccountsInput{AccessToken: bearer, MaxResults: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, patient)
		if err != nil {
			return nil, explain(signIn, "ListAccounts", err)
		}
		for _, a := range page.AccountList {
			accounts = append(accounts, Assigned{helper.SSOAssignment{AccountID: aws.ToString(a.AccountId)}, aws.ToString(a.AccountName)})
		}
	}
	return eachAccount(ctx, accounts, progress, func(ctx context.Context, account Assigned) ([]Assigned, error) {
		roles, err := rolesOf(ctx, client, bearer, account)
		return roles, explain(signIn, "ListAccountRoles", err)
	})
}

func rolesOf(ctx context.Context, client *sso.Client, bearer *string, account Assigned) ([]Assigned, error) {
	var out []Assigned
	pages := sso.NewListAccountRolesPaginator(client, &sso.ListAccountRolesInput{
		AccessToken: bearer, AccountId: aws.String(account.AccountID), MaxResults: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, patient)
		if err != nil {
			return nil, err
		}
		for _, r := range page.RoleList {
			role := account
			role.RoleName = aws.ToString(r.RoleName)
			out = append(out, role)
		}
	}
	return out, nil
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

// patient is the option of calls that come by the thousand: throttling is the ordinary case, and no budget ends it.
func patient(o *sso.Options) {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff, r.RateLimiter = listTries, listBackoff, ratelimit.None
	})
}
