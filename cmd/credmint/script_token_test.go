//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// accepts asserts whom another service takes the token on stdout for: `accepts ARN eks CLUSTER`, `accepts ARN rds HOST PORT
// USER`, `accepts ARN ecr REGION|public`, `accepts ARN web-identity ALGORITHM LIFE AUDIENCE… [KEY=VALUE…]`.
func accepts(ts *testscript.TestScript, neg bool, args []string) {
	aws, token := theAWS(ts), strings.TrimSpace(ts.ReadFile("stdout"))
	var arn string
	var err error
	switch args[1] {
	case "eks":
		var document execCredential
		ts.Check(json.Unmarshal([]byte(token), &document))
		arn, err = aws.ClusterCaller(document.Status.Token, args[2])
	case "rds":
		port, e := strconv.Atoi(args[3])
		ts.Check(e)
		arn, err = aws.DatabaseCaller(token, args[2], port, args[4])
	case "ecr":
		made := aws.RegistryTokens()[token]
		if arn = made.Caller; made.Public != (args[2] == "public") || !made.Public && made.Region != args[2] {
			err = fmt.Errorf("it is for %+v", made)
		}
	case "web-identity":
		var claims awstest.OutboundClaims
		claims, err = aws.OutboundToken(token)
		arn = claims.Subject
		life := time.Duration(claims.Expires-claims.Issued) * time.Second
		for _, want := range args[4:] {
			key, value, isTag := strings.Cut(want, "=")
			if isTag && claims.Tags[key] != value || !isTag && !slices.Contains(claims.Audience, want) {
				err = fmt.Errorf("it says %+v", claims)
			}
		}
		if err == nil && (claims.Algorithm != args[2] || life.String() != args[3]) {
			err = fmt.Errorf("%s, %s", claims.Algorithm, life)
		}
	}
	if (err == nil && arn == args[0]) == neg {
		ts.Fatalf("the token is taken for %q: %v", arn, err)
	}
}
