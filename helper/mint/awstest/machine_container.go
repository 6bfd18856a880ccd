package awstest

import (
	"crypto/subtle"
	"net/http"
)

// AddTask starts a task of ECS with a role, and returns the path that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set to.
// Where there is a token, it is what AWS_CONTAINER_AUTHORIZATION_TOKEN is set to.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func (a *AWS) AddTask(roleARN, token string) (path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path = "/v2/credentials/" + requestID()
	a.machine.tasks[path] = container{a.roles[roleARN], token}
	return path
}

// PodPath is where EKS Pod Identity answers.
const PodPath = "/v1/credentials"

// AddPod starts a pod of EKS with a role, and returns the token of its service account: what stands in the file that
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
func (a *AWS) AddPod(roleARN string) (token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	token = "eyJhbGciOiJSUzI1NiJ9." + randomText(600)
	a.machine.pods[token] = container{role: a.roles[roleARN]}
	return token
}

// EndPodToken makes EKS refuse a pod's token, as it does once the token is over.
func (a *AWS) EndPodToken(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.machine.pods, token)
}

// containerCredentials knows a task by its path, and a pod by its token.
func (a *AWS) containerCredentials(r *http.Request, f Fault) (any, *refusal) {
	given := r.Header.Values("Authorization")
	task, isTask := a.machine.tasks[r.URL.Path]
	switch {
	case r.Method != http.MethodGet || r.URL.RawQuery != "" || len(given) > 1:
		return nil, refuse(http.StatusMethodNotAllowed, "InvalidRequest", "one GET, with one token at most")
	case r.URL.Path == PodPath:
		pod, isPod := a.machine.pods[r.Header.Get("Authorization")]
		if !isPod {
			return nil, refuse(http.StatusUnauthorized, "ExpiredTokenException", "Service account token is missing, unknown or expired")
		}
		answer := a.handOut(pod.role, "eks-cluster-pod", f)
		answer["AccountId"] = accountOf(pod.role.ARN)
		return answer, nil
	case !isTask:
		return nil, refuse(http.StatusBadRequest, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found")
	case task.token != "" && subtle.ConstantTimeCompare([]byte(task.token), []byte(r.Header.Get("Authorization"))) != 1:
		return nil, refuse(http.StatusUnauthorized, "Unauthorized", "the authorization token is wrong")
	}
	answer := a.handOut(task.role, "task-1", f)
	answer["RoleArn"] = task.role.ARN
	return answer, nil
}

// containerWords are those of ECS's agent, in JSON: https://github.com/aws/amazon-ecs-agent (ecs-agent/tmds/handlers/v2).
func containerWords() words {
	return words{
		throttled: refuse(http.StatusTooManyRequests, "TooManyRequests", "busy"),
		write: func(e *refusal, w http.ResponseWriter, _ string) {
			writeJSON(w, e.status, map[string]any{"code": e.code, "message": e.message, "HTTPErrorCode": e.status})
		},
	}
}
