package awstest

import (
	"net/http"
	"strings"
)

// iamOperation is the table of what IAM does here:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html.
func iamOperation(action string) (operation, bool) {
	const id = "ServiceSpecificCredentialId"
	switch action {
	case "CreateAccessKey":
		return operation{params: []string{"UserName"}, do: (*AWS).createAccessKey}, true
	case "DeleteAccessKey":
		return operation{params: []string{"UserName", "AccessKeyId"}, do: (*AWS).deleteAccessKey}, true
	case "GetAccessKeyLastUsed":
		return operation{params: []string{"AccessKeyId"}, do: (*AWS).getAccessKeyLastUsed}, true
	case "ListAccessKeys":
		return operation{params: []string{"UserName"}, do: (*AWS).listAccessKeys}, true
	case "UpdateAccessKey":
		return operation{params: []string{"UserName", "AccessKeyId", "Status"}, do: (*AWS).updateAccessKey}, true
	case "CreateServiceSpecificCredential":
		return operation{params: []string{"UserName", "ServiceName"}, do: (*AWS).createServiceSpecificCredential}, true
	case "DeleteServiceSpecificCredential":
		return operation{params: []string{"UserName", id}, do: (*AWS).deleteServiceSpecificCredential}, true
	case "ListServiceSpecificCredentials":
		return operation{params: []string{"UserName", "ServiceName"}, do: (*AWS).listServiceSpecificCredentials}, true
	case "ResetServiceSpecificCredential":
		return operation{params: []string{"UserName", id}, do: (*AWS).resetServiceSpecificCredential}, true
	}
	return operation{}, false
}

// AddIAMAdmin lets a principal do everything in IAM in its own account. Others may look after themselves.
func (a *AWS) AddIAMAdmin(arn string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.admins[arn] = true
}

// iamUser finds whom a request is about, and whether the caller may ask that. Without a name it is the caller.
func (a *AWS) iamUser(r request, action string) (*User, *refusal) {
	// "You cannot call any IAM API operations unless MFA authentication information is included in the request":
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html; and those of GetFederationToken never.
	if s := r.who.session; s != nil && !s.Role && (!s.MFA || s.Federated) {
		return nil, refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid")
	}
	name := r.params.Get("UserName")
	if r.params.Has("UserName") {
		if failure := matches(name, "userName", 1, 64, "+=,.@-"); failure != nil {
			return nil, failure
		}
	}
	if name == "" && !strings.Contains(r.who.principal, ":user/") {
		return nil, invalid("Must specify userName when calling with non-User credentials")
	}
	own := userName(r.who.principal)
	if name == "" {
		name = own
	}
	resource := "user " + name
	if itself := own == name && strings.Contains(r.who.principal, ":user/"); !itself && !a.admins[r.who.principal] {
		return nil, denied("User: %s is not authorized to perform: iam:%s on resource: %s because no identity-based policy allows the iam:%s action",
			r.who.arn, action, resource, action)
	}
	for _, k := range a.keys {
		if k.user.AccountID == r.who.account && !isRoot(k.user.ARN) && userName(k.user.ARN) == name {
			return k.user, nil
		}
	}
	return nil, noSuchEntity("The user with name " + name + " cannot be found.")
}

// userName is the last part of an ARN; paths are left out.
func userName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func noSuchEntity(message string) *refusal {
	return refuse(http.StatusNotFound, "NoSuchEntity", message)
}
