package mint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// Clock is what AWS says of the time.
type Clock struct {
	Host  string        // who said it
	Ahead time.Duration // of AWS; negative where this machine's clock is ahead. Exact to a second or so
}

// Clock compares this machine's clock with that of the STS endpoint which the profile uses, by the Date of an answer. No
// secret is needed: the request is not signed, and AWS refuses it.
func (n *Network) Clock(ctx context.Context, p *helper.Profile, now func() time.Time) (Clock, error) {
	client, err := n.sts(p, helper.Session{})
	if err != nil {
		return Clock{}, err
	}
	began := now()
	_, err = client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.AuthSchemeResolver, o.Retryer = unsigned{}, aws.NopRetryer{}
	})
	took := now().Sub(began)
	var answered *smithyhttp.ResponseError
	if !errors.As(err, &answered) || answered.HTTPStatusCode() == 0 { // nobody did
		return Clock{}, explain(p, "GetCallerIdentity", err)
	}
	date, err := http.ParseTime(answered.Response.Header.Get("Date"))
	if err != nil {
		return Clock{}, fmt.Errorf("profile %q: the answer of STS says no time: %w", p.Name, err)
	}
	return Clock{Host: answered.Response.Request.URL.Host, Ahead: aheadOf(date, began, took)}, nil
}

// unsigned sends requests without a signature.
type unsigned struct{}

func (unsigned) ResolveAuthSchemes(context.Context, *sts.AuthResolverParameters) ([]*smithyauth.Option, error) {
	return []*smithyauth.Option{{SchemeID: smithyauth.SchemeIDAnonymous}}, nil
}
