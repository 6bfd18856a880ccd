package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
)

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

type tokenEKSCmd struct {
	Profile string `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
	Cluster string `required:"" placeholder:"NAME" help:"The cluster's name; its id where it is a local one on an Outpost."`
	Region  string `placeholder:"REGION" help:"The region whose STS is to vouch; the profile's where it is left out."`
}

// execCredential is what client-go reads of a credential plugin:
// https://kubernetes.io/docs/reference/config-api/client-authentication.v1/.
type execCredential struct {
	helper.Unprinted

	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Spec       struct{} `json:"spec"`
	Status     struct {
		ExpirationTimestamp string `json:"expirationTimestamp"`
		Token               string `json:"token"`
	} `json:"status"`
}

// Run sends nothing, beyond what a session takes. The document is letter for letter the one of AWS's CLI.
func (c *tokenEKSCmd) Run(ctx context.Context, a *app) error {
	if !isOf(c.Cluster, alphanumeric+"-_") || len(c.Cluster) > 100 {
		return &usageError{fmt.Errorf("%q is no name of a cluster", c.Cluster)}
	}
	if err := checkRegion(c.Region); err != nil {
		return err
	}
	version, err := execVersion(a.getenv("KUBERNETES_EXEC_INFO"))
	if err != nil {
		return err
	}
	ctx, cancel := a.limit(ctx)
	defer cancel()
	p, s, err := a.signer(ctx, c.Profile)
	if err != nil {
		return err
	}
	p.Client.Region = cmp.Or(c.Region, p.Client.Region)
	token, err := mint.ClusterToken(ctx, p, s, c.Cluster, a.now())
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	out := execCredential{Kind: "ExecCredential", APIVersion: version}
	out.Status.ExpirationTimestamp, out.Status.Token = token.Expires.Format("2006-01-02T15:04:05Z"), token.Text
	document, err := json.MarshalIndent(out, "", "    ")
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(append(document, '\n'))
	return err
}

// execVersion is the version of the API that client-go asks for. Where it says nothing that is v1beta1, since those that
// say nothing are older than v1.
func execVersion(info string) (string, error) {
	const group = "client.authentication.k8s.io/"
	if info == "" {
		return group + "v1beta1", nil
	}
	var asked struct{ APIVersion string }
	if err := json.Unmarshal([]byte(info), &asked); err != nil {
		return "", errors.New("KUBERNETES_EXEC_INFO is no JSON")
	}
	if version, ok := strings.CutPrefix(asked.APIVersion, group); !ok || version != "v1" && version != "v1beta1" {
		return "", advise(fmt.Errorf("KUBERNETES_EXEC_INFO asks for version %q", asked.APIVersion),
			"write `apiVersion: %sv1` in the `exec` section of the kubeconfig", group)
	}
	return asked.APIVersion, nil
}

type tokenRDSCmd struct {
	Profile string `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
	Host    string `required:"" placeholder:"HOST" help:"The database's host, as you connect to it."`
	Port    int    `default:"5432" help:"The database's port; MySQL's is 3306."`
	User    string `required:"" placeholder:"NAME" help:"The database user."`
	Region  string `placeholder:"REGION" help:"The database's region; that of an amazonaws.com host, then the profile's, where it is left out."`
	JSON    bool   `name:"json" help:"Print JSON, with the time when it ends."`
}

// Run sends nothing, beyond what a session takes.
func (c *tokenRDSCmd) Run(ctx context.Context, a *app) error {
	if !isOf(c.Host, alphanumeric+".-") || c.Port < 1 || c.Port > 65535 || c.User == "" {
		return &usageError{fmt.Errorf("%s at %s:%d is no database user", c.User, c.Host, c.Port)}
	}
	if err := checkRegion(c.Region); err != nil {
		return err
	}
	ctx, cancel := a.limit(ctx)
	defer cancel()
	p, s, err := a.signer(ctx, c.Profile)
	if err != nil {
		return err
	}
	region := cmp.Or(c.Region, databaseRegion(c.Host), p.Client.Region)
	token, err := mint.DatabaseToken(ctx, s, c.Host, c.Port, c.User, region, a.now())
	if err != nil {
		return fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return a.printToken(token, c.JSON)
}

// databaseRegion reads it off the host of an instance, a cluster or a proxy: NAME.ID.REGION.rds.amazonaws.com. A password
// for another region is refused by the database, which does not say why.
func databaseRegion(host string) string {
	before, _, ok := strings.Cut(host, ".rds.amazonaws.com")
	region := before[strings.LastIndexByte(before, '.')+1:]
	if !ok || !awsconfig.ValidRegion(region) {
		return ""
	}
	return region
}
