package awstest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// SetPropagation makes AWS know a new access key of CreateAccessKey only after it has refused it so often, since what IAM
// changes takes a while to be seen everywhere:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency.
func (a *AWS) SetPropagation(refusals int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.propagation = refusals
}

// AccessKeys tells of each of the user's access keys whether it is active.
func (u *User) AccessKeys() map[string]bool {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	keys := map[string]bool{}
	for _, k := range u.aws.accessKeysOf(u) {
		keys[k.ID] = !k.inactive
	}
	return keys
}

// ResetAccessKeys leaves the user the first access key alone, and that active.
func (u *User) ResetAccessKeys() {
	u.aws.mu.Lock()
	defer u.aws.mu.Unlock()
	for _, k := range u.aws.accessKeysOf(u) {
		delete(u.aws.keys, k.ID)
	}
	u.aws.keys[u.AccessKeyID] = &AccessKey{ID: u.AccessKeyID, Secret: u.Secret, user: u, created: u.aws.now()}
}

// accessKeysOf are in the order in which they were made.
func (a *AWS) accessKeysOf(u *User) []*AccessKey {
	var own []*AccessKey
	for _, k := range a.keys {
		if k.user == u {
			own = append(own, k)
		}
	}
	slices.SortFunc(own, func(a, b *AccessKey) int { return a.created.Compare(b.created) })
	return own
}

// accessKeyMetadata is how IAM shows one.
type accessKeyMetadata struct {
	UserName        string
	AccessKeyID     string `xml:"AccessKeyId"`
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

func (k *AccessKey) show(secret string) accessKeyMetadata {
	return accessKeyMetadata{userName(k.user.ARN), k.ID, status(k.inactive), secret, k.created.UTC().Format(time.RFC3339)}
}

func status(inactive bool) string {
	if inactive {
		return "Inactive"
	}
	return "Active"
}

// createAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html. A user has two at most:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
func (a *AWS) createAccessKey(r request) (any, *refusal) {
	u, failure := a.iamUser(r, "CreateAccessKey")
	if failure != nil {
		return nil, failure
	}
	if len(a.accessKeysOf(u)) > 1 {
		return nil, refuse(http.StatusConflict, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	}
	k := &AccessKey{ID: newID("AKIA"), Secret: newSecret(), user: u, created: a.now(), unseen: a.propagation}
	a.keys[k.ID] = k
	return struct{ AccessKey accessKeyMetadata }{k.show(k.Secret)}, nil
}

// listAccessKeys: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html.
func (a *AWS) listAccessKeys(r request) (any, *refusal) {
	u, failure := a.iamUser(r, "ListAccessKeys")
	if failure != nil {
		return nil, failure
	}
	var out struct {
		AccessKeyMetadata struct {
			Members []accessKeyMetadata `xml:"member"`
		}
		IsTruncated bool
	}
	for _, k := range a.accessKeysOf(u) {
		out.AccessKeyMetadata.Members = append(out.AccessKeyMetadata.Members, k.show(""))
	}
	return out, nil
}

// updateAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html.
func (a *AWS) updateAccessKey(r request) (any, *refusal) {
	wanted := r.params.Get("Status")
	if wanted != "Active" && wanted != "Inactive" {
		return nil, constraint(wanted, "status", "Member must satisfy enum value set: [Active, Inactive, Expired]")
	}
	k, failure := a.namedAccessKey(r, "UpdateAccessKey")
	if failure != nil {
		return nil, failure
	}
	k.inactive = wanted == "Inactive"
	return nil, nil
}

// deleteAccessKey: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html.
func (a *AWS) deleteAccessKey(r request) (any, *refusal) {
	k, failure := a.namedAccessKey(r, "DeleteAccessKey")
	if failure != nil {
		return nil, failure
	}
	delete(a.keys, k.ID)
	return nil, nil
}

// getAccessKeyLastUsed: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html. "N/A" stands for
// a key that was never used, which has no date.
func (a *AWS) getAccessKeyLastUsed(r request) (any, *refusal) {
	k, failure := a.namedAccessKey(r, "GetAccessKeyLastUsed")
	if failure != nil {
		return nil, failure
	}
	type lastUsed struct{ LastUsedDate, ServiceName, Region string }
	type never struct{ ServiceName, Region string }
	type answer struct {
		UserName          string
		AccessKeyLastUsed any
	}
	if k.used.IsZero() {
		return answer{userName(k.user.ARN), never{"N/A", "N/A"}}, nil
	}
	return answer{userName(k.user.ARN), lastUsed{k.used.UTC().Format(time.RFC3339), k.usedFor, k.usedIn}}, nil
}

// namedAccessKey finds the one that a request names.
func (a *AWS) namedAccessKey(r request, action string) (*AccessKey, *refusal) {
	id := r.params.Get("AccessKeyId")
	if failure := matches(id, "accessKeyId", 16, 128, ""); failure != nil {
		return nil, failure
	}
	k := a.keys[id]
	if action == "GetAccessKeyLastUsed" && k != nil && strings.Contains(r.who.principal, ":user/") && r.who.principal == k.user.ARN {
		return k, nil // it is about the key, and takes no user's name
	}
	u, failure := a.iamUser(r, action)
	if failure != nil {
		return nil, failure
	}
	if k == nil || k.user != u {
		return nil, noSuchEntity("The Access Key with id " + id + " cannot be found.")
	}
	return k, nil
}
