package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// machine is what AWS tells a machine that it runs: an EC2 instance, tasks of ECS and pods of EKS.
type machine struct {
	role   *Role                // of the instance; nil: it has none
	tokens map[string]time.Time // of the instance's metadata, and when they end
	tasks  map[string]container // by path
	pods   map[string]container // by service account token
}

func newMachine() machine {
	return machine{tokens: map[string]time.Time{}, tasks: map[string]container{}, pods: map[string]container{}}
}

// container is a task, which may have a token in its environment, or a pod.
type container struct {
	role  *Role
	token string
}

// machineOperation is one of a service that knows its caller by where it is.
type machineOperation struct {
	action string
	json   bool // else plain text, as refusals are
	do     func(*http.Request, Fault) (answer any, _ *refusal)
}

// machineService finds the operation a request is for, if it is for a machine's.
func (a *AWS) machineService(r *http.Request) http.HandlerFunc {
	const metadata = "/latest/meta-data/"
	var op machineOperation
	path := r.URL.Path
	switch {
	case path == "/latest/api/token":
		op = machineOperation{"IMDSToken", false, a.imdsToken}
	case path == metadata+"iam/security-credentials/":
		op = machineOperation{"IMDSRole", false, a.imdsRole}
	case strings.HasPrefix(path, metadata+"iam/security-credentials/"):
		op = machineOperation{"IMDSCredentials", true, a.imdsCredentials}
	case path == metadata+"iam/info":
		op = machineOperation{"IMDSInfo", true, a.imdsInfo}
	case path == PodPath, strings.HasPrefix(path, "/v2/credentials/"):
		op = machineOperation{"ContainerCredentials", true, a.containerCredentials}
	default:
		return nil
	}
	return func(w http.ResponseWriter, r *http.Request) { a.serveMachine(w, r, op) }
}

func (a *AWS) serveMachine(w http.ResponseWriter, r *http.Request, op machineOperation) {
	call := a.arrive(r, url.Values{"Action": {op.action}})
	fault := a.fault(op.action)
	words := words{refuse(http.StatusServiceUnavailable, "", "busy"), (*refusal).writeText}
	if op.action == "ContainerCredentials" {
		words = containerWords()
	}
	if fault.answers(a, w, r, words) {
		return
	}
	a.mu.Lock()
	answer, failure := op.do(r, fault)
	a.mu.Unlock()
	a.finish(call, caller{}, failure)
	switch text, plain := answer.(string); {
	case failure != nil:
		words.write(failure, w, "")
	case plain:
		if ttl := r.Header.Get(ttlHeader); ttl != "" {
			w.Header().Set(ttlHeader, ttl)
		}
		w.Header().Set("Content-Type", "text/plain")
		fault.send(w, []byte(text))
	default:
		w.Header().Set("Content-Type", "application/json")
		document, _ := json.Marshal(answer) // of strings: cannot fail
		fault.send(w, document)
	}
}

// writeText refuses as the metadata service does: with a page, and the status that counts.
func (e *refusal) writeText(w http.ResponseWriter, _ string) {
	http.Error(w, e.message, e.status)
}

// handOut makes a session of a role for a machine. The mutex is held.
func (a *AWS) handOut(role *Role, name string, f Fault) map[string]string {
	s := a.mint(role.grant(Grant{}, name), 6*time.Hour, f)
	if f.Empty {
		return map[string]string{}
	}
	answer := map[string]string{"AccessKeyId": s.keyID, "SecretAccessKey": s.secret, "Token": s.token}
	if !f.NoExpiry {
		answer["Expiration"] = s.claimed.UTC().Format(time.RFC3339)
	}
	return answer
}
