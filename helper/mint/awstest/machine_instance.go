package awstest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SetInstance makes this AWS's host an EC2 instance with a role, or without one where the ARN is empty. What answers at
// AWS's URL is then its metadata service, version 2 only:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html.
func (a *AWS) SetInstance(roleARN string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.machine.role = a.roles[roleARN]
}

func imdsRefusal(status int) *refusal {
	return refuse(status, strconv.Itoa(status), http.StatusText(status))
}

// ttlHeader says for how many seconds a token is wanted, and was made.
const ttlHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"

// imdsToken gives a token. A request that went through a proxy gets none.
func (a *AWS) imdsToken(r *http.Request, _ Fault) (any, *refusal) {
	ttl, err := strconv.Atoi(r.Header.Get(ttlHeader))
	switch {
	case r.Method != http.MethodPut:
		return nil, imdsRefusal(http.StatusMethodNotAllowed)
	case r.Header.Get("X-Forwarded-For") != "":
		return nil, imdsRefusal(http.StatusForbidden)
	case err != nil || ttl < 1 || ttl > 21600 || r.ContentLength > 0:
		return nil, imdsRefusal(http.StatusBadRequest)
	}
	token := randomText(56)
	a.machine.tokens[token] = a.now().Add(time.Duration(ttl) * time.Second)
	return token, nil
}

// metadata checks the token of a request: without one it is version 1's, which is switched off here.
func (a *AWS) metadata(r *http.Request) *refusal {
	tokens := r.Header.Values("X-Aws-Ec2-Metadata-Token")
	switch {
	case r.Method != http.MethodGet || r.URL.RawQuery != "":
		return imdsRefusal(http.StatusMethodNotAllowed)
	case len(tokens) != 1 || !a.now().Before(a.machine.tokens[tokens[0]]):
		return imdsRefusal(http.StatusUnauthorized)
	case a.machine.role == nil:
		return imdsRefusal(http.StatusNotFound)
	}
	return nil
}

func (a *AWS) imdsRole(r *http.Request, _ Fault) (any, *refusal) {
	if failure := a.metadata(r); failure != nil {
		return nil, failure
	}
	return a.machine.role.name(), nil
}

func (a *AWS) imdsInfo(r *http.Request, _ Fault) (any, *refusal) {
	if failure := a.metadata(r); failure != nil {
		return nil, failure
	}
	return map[string]string{
		"Code": "Success", "LastUpdated": a.now().UTC().Format(time.RFC3339), "InstanceProfileId": "AIPA2222222222222222",
		"InstanceProfileArn": "arn:aws:iam::" + accountOf(a.machine.role.ARN) + ":instance-profile/" + a.machine.role.name(),
	}, nil
}

func (a *AWS) imdsCredentials(r *http.Request, f Fault) (any, *refusal) {
	if failure := a.metadata(r); failure != nil {
		return nil, failure
	}
	if r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:] != a.machine.role.name() {
		return nil, imdsRefusal(http.StatusNotFound)
	}
	if f.Empty {
		return map[string]string{
			"Code":    "AssumeRoleUnauthorizedAccess",
			"Message": "EC2 cannot assume the role " + a.machine.role.name() + ".  Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html.",
		}, nil
	}
	answer := a.handOut(a.machine.role, "i-0123456789abcdef0", f)
	answer["Code"], answer["Type"], answer["LastUpdated"] = "Success", "AWS-HMAC", a.now().UTC().Format(time.RFC3339)
	return answer, nil
}
