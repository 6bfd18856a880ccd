package awstest

import (
	"net/http"
	"slices"
	"time"
)

// servicePassword is a service-specific credential of CodeCommit's.
type servicePassword struct {
	user               *User
	id, name, password string
	inactive           bool
	created            time.Time
}

const codeCommit = "codecommit.amazonaws.com"

// ServicePasswords are the passwords of all HTTPS Git credentials that work, by their user names.
func (a *AWS) ServicePasswords() map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	working := map[string]string{}
	for _, p := range a.passwords {
		if !p.inactive {
			working[p.name] = p.password
		}
	}
	return working
}

// serviceCredential is how IAM shows one. The password is in it once.
type serviceCredential struct {
	CreateDate                  string
	ServiceName                 string
	ServiceUserName             string
	ServicePassword             string `xml:",omitempty"`
	ServiceSpecificCredentialID string `xml:"ServiceSpecificCredentialId"`
	UserName                    string
	Status                      string
}

func (p *servicePassword) show(password string) serviceCredential {
	return serviceCredential{
		CreateDate: p.created.UTC().Format(time.RFC3339), ServiceName: codeCommit, ServiceUserName: p.name, ServicePassword: password,
		ServiceSpecificCredentialID: p.id, UserName: userName(p.user.ARN), Status: status(p.inactive),
	}
}

// createServiceSpecificCredential:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html. A user has two at most.
func (a *AWS) createServiceSpecificCredential(r request) (any, *refusal) {
	switch {
	case r.params.Get("UserName") == "":
		return nil, constraint("null", "userName", "Member must not be null")
	case r.params.Get("ServiceName") != codeCommit:
		return nil, refuse(http.StatusNotFound, "NotSupportedService", "Service "+r.params.Get("ServiceName")+" is not supported.")
	}
	u, failure := a.iamUser(r, "CreateServiceSpecificCredential")
	if failure != nil {
		return nil, failure
	}
	own := a.passwordsOf(u)
	if len(own) > 1 {
		return nil, refuse(http.StatusConflict, "LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2")
	}
	name := userName(u.ARN) + "-at-" + u.AccountID
	if len(own) == 1 && own[0].name == name {
		name = userName(u.ARN) + "+1-at-" + u.AccountID
	}
	p := &servicePassword{user: u, id: newID("ACCA"), name: name, password: randomText(44), created: a.now()}
	a.passwords = append(a.passwords, p)
	return struct{ ServiceSpecificCredential serviceCredential }{p.show(p.password)}, nil
}

// listServiceSpecificCredentials: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html.
func (a *AWS) listServiceSpecificCredentials(r request) (any, *refusal) {
	u, failure := a.iamUser(r, "ListServiceSpecificCredentials")
	if failure != nil {
		return nil, failure
	}
	var out struct {
		ServiceSpecificCredentials struct {
			Members []serviceCredential `xml:"member"`
		}
		IsTruncated bool
	}
	for _, p := range a.passwordsOf(u) {
		if service := r.params.Get("ServiceName"); service == "" || service == codeCommit {
			out.ServiceSpecificCredentials.Members = append(out.ServiceSpecificCredentials.Members, p.show(""))
		}
	}
	return out, nil
}

// resetServiceSpecificCredential:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResetServiceSpecificCredential.html. It "immediately invalidates
// the previous password".
func (a *AWS) resetServiceSpecificCredential(r request) (any, *refusal) {
	p, failure := a.servicePassword(r, "ResetServiceSpecificCredential")
	if failure != nil {
		return nil, failure
	}
	p.password = randomText(44)
	return struct{ ServiceSpecificCredential serviceCredential }{p.show(p.password)}, nil
}

// deleteServiceSpecificCredential:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceSpecificCredential.html.
func (a *AWS) deleteServiceSpecificCredential(r request) (any, *refusal) {
	p, failure := a.servicePassword(r, "DeleteServiceSpecificCredential")
	if failure != nil {
		return nil, failure
	}
	a.passwords = slices.DeleteFunc(a.passwords, func(each *servicePassword) bool { return each == p })
	return nil, nil
}

// servicePassword finds the one that a request names.
func (a *AWS) servicePassword(r request, action string) (*servicePassword, *refusal) {
	id := r.params.Get("ServiceSpecificCredentialId")
	if failure := matches(id, "serviceSpecificCredentialId", 20, 128, ""); failure != nil {
		return nil, failure
	}
	u, failure := a.iamUser(r, action)
	if failure != nil {
		return nil, failure
	}
	for _, p := range a.passwordsOf(u) {
		if p.id == id {
			return p, nil
		}
	}
	return nil, noSuchEntity("The service-specific credential with id " + id + " cannot be found.")
}

func (a *AWS) passwordsOf(u *User) []*servicePassword {
	var own []*servicePassword
	for _, p := range a.passwords {
		if p.user == u {
			own = append(own, p)
		}
	}
	return own
}
