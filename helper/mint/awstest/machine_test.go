package awstest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

const (
	ttlHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	tokenHeader = "X-Aws-Ec2-Metadata-Token"

	credentialsPath = "/latest/meta-data/iam/security-credentials/"
)

// ask sends a request with headers, each "Name: value".
func (w *world) ask(t *testing.T, method, path string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return send(t, r)
}

func TestInstanceMetadataIsStrict(t *testing.T) {
	w := newWorld(t)
	w.SetInstance(readerARN)
	status, token := w.ask(t, "PUT", "/latest/api/token", ttlHeader+": 60")
	if status != 200 || token == "" {
		t.Fatalf("status %d", status)
	}
	tests := map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"the role":          {"GET", credentialsPath, []string{tokenHeader + ": " + token}, 200},
		"its credentials":   {"GET", credentialsPath + "Reader", []string{tokenHeader + ": " + token}, 200},
		"another role's":    {"GET", credentialsPath + "Admin", []string{tokenHeader + ": " + token}, 404},
		"version 1":         {"GET", credentialsPath + "Reader", nil, 401},
		"version 1's role":  {"GET", credentialsPath, nil, 401},
		"a wrong token":     {"GET", credentialsPath, []string{tokenHeader + ": x"}, 401},
		"two tokens":        {"GET", credentialsPath, []string{tokenHeader + ": " + token, tokenHeader + ": " + token}, 401},
		"by POST":           {"POST", credentialsPath, []string{tokenHeader + ": " + token}, 405},
		"a token by GET":    {"GET", "/latest/api/token", []string{ttlHeader + ": 60"}, 405},
		"by a proxy":        {"PUT", "/latest/api/token", []string{ttlHeader + ": 60", "X-Forwarded-For: 192.0.2.1"}, 403},
		"for no time":       {"PUT", "/latest/api/token", nil, 400},
		"for a day":         {"PUT", "/latest/api/token", []string{ttlHeader + ": 86400"}, 400},
		"for six hours":     {"PUT", "/latest/api/token", []string{ttlHeader + ": 21600"}, 200},
		"for zero":          {"PUT", "/latest/api/token", []string{ttlHeader + ": 0"}, 400},
		"no such container": {"GET", awstest.PodPath, nil, 401},
	}
	for name, tt := range tests {
		if status, body := w.ask(t, tt.method, tt.path, tt.headers...); status != tt.want {
			t.Errorf("%s: status %d %s, want %d", name, status, body, tt.want)
		}
	}
	w.SetClock(61 * time.Second)
	if status, _ := w.ask(t, "GET", credentialsPath, tokenHeader+": "+token); status != 401 {
		t.Errorf("with a token that is over: status %d", status)
	}
	w.SetClock(0)
	w.SetInstance("")
	if status, _ := w.ask(t, "GET", credentialsPath, tokenHeader+": "+token); status != 404 {
		t.Errorf("without a role: status %d", status)
	}
}

func TestContainerEndpointIsStrict(t *testing.T) {
	w := newWorld(t)
	task, guarded, pod := w.AddTask(readerARN, ""), w.AddTask(readerARN, "secret"), w.AddPod(readerARN)
	tests := map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"a task":                {"GET", task, nil, 200},
		"another":               {"GET", task + "x", nil, 400},
		"by POST":               {"POST", task, nil, 405},
		"with its token":        {"GET", guarded, []string{"Authorization: secret"}, 200},
		"without it":            {"GET", guarded, nil, 401},
		"with another":          {"GET", guarded, []string{"Authorization: Secret"}, 401},
		"with two":              {"GET", guarded, []string{"Authorization: secret", "Authorization: secret"}, 405},
		"a pod":                 {"GET", awstest.PodPath, []string{"Authorization: " + pod}, 200},
		"without its token":     {"GET", awstest.PodPath, nil, 401},
		"with somebody else's":  {"GET", awstest.PodPath, []string{"Authorization: secret"}, 401},
		"with a scheme, a bug":  {"GET", awstest.PodPath, []string{"Authorization: Bearer " + pod}, 401},
		"without a task at all": {"GET", "/v2/credentials/", nil, 400},
	}
	for name, tt := range tests {
		if status, body := w.ask(t, tt.method, tt.path, tt.headers...); status != tt.want {
			t.Errorf("%s: status %d %s, want %d", name, status, body, tt.want)
		}
	}
	w.EndPodToken(pod)
	if status, _ := w.ask(t, "GET", awstest.PodPath, "Authorization: "+pod); status != 401 {
		t.Errorf("with a token that is over: status %d", status)
	}
}

// AWS's CLI is who the instance, the task and the pod are.
func TestAWSCLIOnAMachine(t *testing.T) {
	c := newCLI(t)
	w := c.w
	w.SetInstance(adminARN)
	c.env = slices.DeleteFunc(c.env, func(e string) bool {
		return strings.HasPrefix(e, "AWS_EC2_METADATA_DISABLED") || strings.HasPrefix(e, "AWS_ACCESS_KEY_ID") || strings.HasPrefix(e, "AWS_SECRET")
	})
	for want, env := range map[string][]string{
		"assumed-role/Admin/i-0123456789abcdef0": {"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + w.url + "/"},
		"assumed-role/Reader/task-1": {
			"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + w.url + w.AddTask(readerARN, "secret"), "AWS_CONTAINER_AUTHORIZATION_TOKEN=secret",
		},
		"assumed-role/Chained/eks-cluster-pod": {
			"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + w.url + awstest.PodPath, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + w.AddPod(chainedARN), // Debian's knows no file
		},
	} {
		there := *c
		there.env = append(slices.Clone(c.env), env...)
		if id := there.sts(t, "", "get-caller-identity"); !strings.HasSuffix(id.Arn, want) {
			t.Errorf("caller %s, want %s", id.Arn, want)
		}
	}
}
