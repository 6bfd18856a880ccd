package mint

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"credmint/helper"
)

const (
	// instanceTimeout makes a machine that is no EC2 instance say so soon.
	instanceTimeout = time.Second

	// outage is how much longer a session counts that is over and that EC2 cannot replace now: AWS's services take it until
	// EC2 can. It is what AWS's CLI gives it at most.
	outage = 20 * time.Minute
)

// Instance hands on the session that EC2 gives to an instance, by version 2 of the metadata service: the first, which
// answers whoever can make the instance send a request, is never asked.
// See https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html.
type Instance struct {
	Now     func() time.Time
	Network *Network
}

var _ helper.Source = (*Instance)(nil)

// Session asks for a profile of kind helper.Instance.
func (m *Instance) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	metadata, err := m.Network.machine(p, "EC2's instance metadata", instanceTimeout)
	if err != nil {
		return helper.Session{}, err
	}
	base := strings.TrimSuffix(p.Client.Endpoint, "/") + "/latest/"
	token, err := metadata.ask(ctx, http.MethodPut, base+"api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
	if err != nil {
		return helper.Session{}, metadata.explain(err, instanceHint(err))
	}
	get := func(path string) ([]byte, error) {
		return metadata.ask(ctx, http.MethodGet, base+"meta-data/iam/"+path, "X-Aws-Ec2-Metadata-Token", string(token))
	}
	const credentials = "security-credentials/"
	role, err := get(credentials)
	if err != nil {
		return helper.Session{}, metadata.explain(err, instanceHint(err))
	}
	name, _, _ := strings.Cut(string(role), "\n") // an instance has one role; the list is from the service's early days
	if !validRoleName(name) {
		return helper.Session{}, metadata.explain(errors.New("what answered does not speak like AWS"), "")
	}
	document, err := get(credentials + name)
	if err != nil {
		return helper.Session{}, metadata.explain(err, "")
	}
	s, err := metadata.session(document, m.Network.moment(p, m.Now()), outage)
	if err == nil && s.AccountID == "" {
		s.AccountID = instanceAccount(get)
	}
	return s, err
}

func instanceHint(err error) string {
	var answered *httpStatus
	switch {
	case !errors.As(err, &answered):
		return "it answers on EC2 instances only; in a container on one, the instance's hop limit must be 2"
	case answered.code == http.StatusNotFound:
		return "attach a role to the instance"
	case answered.code == http.StatusForbidden:
		return "switch the instance's metadata service on"
	}
	return ""
}

// validRoleName is IAM's rule for what becomes part of a path here.
func validRoleName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_+=,.@-", c))
	})
}

// instanceAccount is whose the instance is. Not to know costs no session.
func instanceAccount(get func(path string) ([]byte, error)) string {
	document, err := get("info")
	var info struct {
		InstanceProfileARN string `json:"InstanceProfileArn"`
	}
	if err != nil || json.Unmarshal(document, &info) != nil {
		return ""
	}
	return helper.AccountOf(info.InstanceProfileARN)
}
