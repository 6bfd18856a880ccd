package mint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// How long the endpoint may take, as in AWS's CLI; and the longest token: a service account's has one or two KiB.
const (
	containerTimeout  = 2 * time.Second
	maxContainerToken = 64 << 10
)

// Container hands on the session of an ECS task or an EKS pod, or of whoever else speaks their endpoint's protocol.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html.
type Container struct {
	Getenv  func(string) string // for AWS_CONTAINER_AUTHORIZATION_TOKEN
	Now     func() time.Time
	Network *Network
}

var _ helper.Source = (*Container)(nil)

// Session asks for a profile of kind helper.Container. The token is read each time: EKS writes a new one before the old one
// ends.
func (m *Container) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	endpoint, err := m.Network.machine(p, "the container's credentials", containerTimeout)
	if err != nil {
		return helper.Session{}, err
	}
	endpoint.retryer = whileBusy(retry.RetryableConnectionError{}) // the agent may only be starting
	headers := []string{"Accept", "application/json"}
	token, err := m.token(p)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	if token != "" {
		headers = append(headers, "Authorization", token)
	}
	document, err := endpoint.ask(ctx, http.MethodGet, p.Client.Endpoint, headers...)
	if err != nil {
		return helper.Session{}, endpoint.explain(err, containerHint(err))
	}
	return endpoint.session(document, m.Network.moment(p, m.Now()), 0)
}

func containerHint(err error) string {
	if errors.As(err, new(*httpStatus)) {
		return ""
	}
	return "ECS and EKS say in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI where it is; " +
		"what is copied from another container leads nowhere"
}

func (m *Container) token(p *helper.Profile) (string, error) {
	token := m.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if in, ok := p.Inputs.(*helper.ContainerToken); ok && in.File != "" {
		data, err := atomicfile.ReadLinked(in.File, maxContainerToken) // Kubernetes swaps links to change it
		if err != nil {
			return "", fmt.Errorf("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %w", err)
		}
		token = string(data)
	}
	if strings.ContainsFunc(token, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", errors.New("AWS_CONTAINER_AUTHORIZATION_TOKEN or its file holds a line end, or another character that no header may have")
	}
	return token, nil
}
