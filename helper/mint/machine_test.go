package mint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

const machineRole = "arn:aws:iam::222222222222:role/team/Machine"

// machine is an AWS that runs an instance, and profiles for the session of its, a task's and a pod's role.
type machine struct {
	aws                 *awstest.AWS
	instance, task, pod helper.Profile
	environment         map[string]string
	tokenFile           string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{aws: awstest.New(), environment: map[string]string{}, tokenFile: filepath.Join(t.TempDir(), "token")}
	url := m.aws.Start()
	t.Cleanup(m.aws.Close)
	m.aws.AddRole(machineRole, awstest.Trust{})
	m.aws.SetInstance(machineRole)
	m.instance = helper.Profile{Name: "ec2", Kind: helper.Instance, Client: helper.Client{Endpoint: url}}
	m.task = helper.Profile{
		Name: "ecs", Kind: helper.Container, Inputs: &helper.ContainerToken{},
		Client: helper.Client{Endpoint: url + m.aws.AddTask(machineRole, "")},
	}
	m.pod = helper.Profile{
		Name: "eks", Kind: helper.Container, Inputs: &helper.ContainerToken{File: m.tokenFile},
		Client: helper.Client{Endpoint: url + awstest.PodPath},
	}
	m.write(t, m.aws.AddPod(machineRole))
	return m
}

func (m *machine) write(t *testing.T, token string) {
	t.Helper()
	if err := os.WriteFile(m.tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) source() helper.Source {
	network := &mint.Network{}
	return mint.ByKind{
		helper.Container: &mint.Container{Getenv: func(name string) string { return m.environment[name] }, Now: time.Now, Network: network},
		helper.Instance:  &mint.Instance{Now: time.Now, Network: network},
	}
}

func TestMachines(t *testing.T) {
	m := newMachine(t)
	for _, tt := range []struct {
		profile       *helper.Profile
		arn, account  string
		least, atMost time.Duration
	}{
		{&m.instance, "arn:aws:sts::222222222222:assumed-role/Machine/i-0123456789abcdef0", "222222222222", 5 * time.Hour, 6 * time.Hour},
		{&m.task, "arn:aws:sts::222222222222:assumed-role/Machine/task-1", "222222222222", 5 * time.Hour, 6 * time.Hour},
		{&m.pod, "arn:aws:sts::222222222222:assumed-role/Machine/eks-cluster-pod", "222222222222", 5 * time.Hour, 6 * time.Hour},
	} {
		s, err := m.source().Session(t.Context(), tt.profile)
		if err != nil {
			t.Fatal(err)
		}
		grant, ok := m.aws.Grant(s.AccessKeyID)
		if life := s.Expires.Sub(s.Issued); !ok || grant.ARN != tt.arn || s.AccountID != tt.account || life < tt.least || life > tt.atMost {
			t.Errorf("%s: %s of %q for %s", tt.profile.Name, grant.ARN, s.AccountID, life)
		}
		secret, token, _, _ := m.aws.Session(s.AccessKeyID)
		if s.SecretAccessKey != secret || s.SessionToken != token {
			t.Errorf("%s: the credentials are not those that were made", tt.profile.Name)
		}
	}
}

// The token's file is read each time, since EKS changes it; one that holds a line end is no header.
func TestContainerTokens(t *testing.T) {
	m := newMachine(t)
	source := m.source()
	if _, err := source.Session(t.Context(), &m.pod); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(m.tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	m.aws.EndPodToken(string(old))
	_, err = source.Session(t.Context(), &m.pod)
	if err == nil || !strings.Contains(err.Error(), "ExpiredTokenException: ") {
		t.Errorf("with a token that is over: %v", err)
	}
	m.write(t, m.aws.AddPod(machineRole))
	if _, err := source.Session(t.Context(), &m.pod); err != nil {
		t.Error(err)
	}
	m.write(t, "a\r\nX-Evil: b")
	if _, err := source.Session(t.Context(), &m.pod); err == nil || !strings.Contains(err.Error(), "line end") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(m.tokenFile); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Session(t.Context(), &m.pod); err == nil || !strings.Contains(err.Error(), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: ") {
		t.Errorf("error %v", err)
	}

	m.task.Client.Endpoint = m.instance.Client.Endpoint + m.aws.AddTask(machineRole, "secret")
	if _, err := source.Session(t.Context(), &m.task); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("without its token: %v", err)
	}
	m.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "secret"
	if _, err := source.Session(t.Context(), &m.task); err != nil {
		t.Error(err)
	}
}

// A session whose time is over is EC2's best while EC2 cannot reach STS, and services take it: it counts a while longer.
func TestInstanceInAnOutage(t *testing.T) {
	m := newMachine(t)
	m.aws.SetFault("IMDSCredentials", awstest.Fault{Expiration: time.Now().Add(-time.Hour)})
	s, err := m.source().Session(t.Context(), &m.instance)
	if err != nil || s.Expires.Sub(s.Issued) != 20*time.Minute {
		t.Errorf("until %s, %v", s.Expires, err)
	}
	// A container's is over.
	m.aws.SetFault("ContainerCredentials", awstest.Fault{Expiration: time.Now().Add(-time.Hour)})
	var clock *mint.ClockError
	if _, err := m.source().Session(t.Context(), &m.task); !errors.As(err, &clock) {
		t.Errorf("error %v", err)
	}
}

func TestMachineFaults(t *testing.T) {
	tests := map[string]struct {
		action     string
		fault      awstest.Fault
		want, hint string
	}{
		"no metadata":           {"IMDSToken", awstest.Fault{Status: 403}, "HTTP status 403", "switch the instance's metadata service on"},
		"version 1 only":        {"IMDSToken", awstest.Fault{Status: 404}, "HTTP status 404", ""},
		"no role":               {"IMDSRole", awstest.Fault{Status: 404}, "HTTP status 404", "attach a role"},
		"a token over":          {"IMDSCredentials", awstest.Fault{Status: 401}, "HTTP status 401", ""},
		"a role EC2 cannot":     {"IMDSCredentials", awstest.Fault{Empty: true}, "AssumeRoleUnauthorizedAccess: EC2 cannot assume", ""},
		"no end":                {"IMDSCredentials", awstest.Fault{NoExpiry: true}, "without an expiration", ""},
		"a web page":            {"IMDSCredentials", awstest.Fault{Body: "<html>hotel login</html>"}, "does not speak like AWS", ""},
		"a web page for a role": {"IMDSRole", awstest.Fault{Body: "<html>hotel login</html>"}, "does not speak like AWS", ""},
		"busy for ever":         {"IMDSRole", awstest.Fault{Throttle: -1}, "HTTP status 503", ""},
		"a redirect":            {"IMDSRole", awstest.Fault{Redirect: "https://evil.example/"}, "HTTP status 307", ""},
		"hangs":                 {"IMDSToken", awstest.Fault{Hang: true}, "nothing answers at http://127.0.0.1:", "hop limit must be 2"},
		"container: a page":     {"ContainerCredentials", awstest.Fault{Status: 500, Body: "<html>\x1b[31m</html>"}, "HTTP status 500", ""},
		"container: no JSON":    {"ContainerCredentials", awstest.Fault{Body: "<html></html>"}, "does not speak like AWS", ""},
		"container: nothing":    {"ContainerCredentials", awstest.Fault{Empty: true}, "without credentials", ""},
		"container: too long":   {"ContainerCredentials", awstest.Fault{HugeBody: true}, "longer than 1 MiB", ""},
		"container: redirect":   {"ContainerCredentials", awstest.Fault{Redirect: "https://evil.example/"}, "HTTP status 307", ""},
		"container: cut off":    {"ContainerCredentials", awstest.Fault{Truncate: true}, "does not speak like AWS", ""},
		"pod: no association":   {"ContainerCredentials", awstest.Fault{Status: 404, Body: "(ResourceNotFoundException): no association\n"}, "(ResourceNotFoundException): no association", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.aws.SetFault(tt.action, tt.fault)
			p := &m.instance
			if tt.action == "ContainerCredentials" {
				p = &m.task
			}
			s, err := m.source().Session(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `profile "`+p.Name+`": `) || s != (helper.Session{}) {
				t.Fatalf("%v, error %v, want one with %q", s, err, tt.want)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b<") {
				t.Errorf("error %q", err)
			}
			var hinted interface{ Hint() string }
			if tt.hint != "" && (!errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), tt.hint)) {
				t.Errorf("error %v has no hint with %q", err, tt.hint)
			}
		})
	}
}

// Version 1 of the metadata service, which needs no token, is never asked: not even where there is no other.
func TestInstanceNeverFallsBack(t *testing.T) {
	for _, fault := range []awstest.Fault{{Status: 404}, {Status: 403}, {Status: 405}, {Reset: true}} {
		m := newMachine(t)
		m.aws.SetFault("IMDSToken", fault)
		if _, err := m.source().Session(t.Context(), &m.instance); err == nil {
			t.Error("a session")
		}
		for _, call := range m.aws.Log() {
			if call.Action != "IMDSToken" {
				t.Errorf("%+v: %s was asked", fault, call.Action)
			}
		}
	}
}

// A service that is busy for a moment is asked again; one that is not there is not waited for.
func TestMachinesAreAskedAgain(t *testing.T) {
	m := newMachine(t)
	m.aws.SetFault("", awstest.Fault{Throttle: 2})
	for _, p := range []*helper.Profile{&m.instance, &m.task} {
		if _, err := m.source().Session(t.Context(), p); err != nil {
			t.Error(err)
		}
	}
	m.aws.Close()
	start := time.Now()
	for _, p := range []*helper.Profile{&m.instance, &m.task} {
		if _, err := m.source().Session(t.Context(), p); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("error %v", err)
		}
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}
