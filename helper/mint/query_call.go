package mint

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"credmint/helper"
)

// iamVersion is the one and only version of IAM's operations.
const iamVersion = "2010-05-08"

// iam calls an operation of IAM as p says, signed with s, and reads its result into out, which may be nil. IAM speaks AWS's
// query protocol, a form out and XML back: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. What creates
// something is sent again only when AWS throttled it, before it did anything: after any other failure there may be one
// already, whose secret is lost, and a second one would use up what a user may have.
func (n *Network) iam(ctx context.Context, p *helper.Profile, s helper.Session, action string, form url.Values, out any) error {
	once := strings.HasPrefix(action, "Create")
	place := iamPlaceOf(p)
	form.Set("Action", action)
	form.Set("Version", iamVersion)
	body := []byte(form.Encode())
	clock := &theirClock{network: n, profile: p, here: time.Now}
	request := awsCall{
		method: http.MethodPost, address: strings.TrimSuffix(place.endpoint(p), "/") + "/", body: body,
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		prove:  signature(s, "iam", place.region, body, clock), again: clock.corrected,
		retryer: retryer(once), refusal: queryRefusal,
	}
	answer, err := request.do(ctx, n, p)
	if err == nil {
		err = queryResult(answer, action, out)
	}
	return explain(p, action, err)
}

// queryResult reads the one element of an answer that is not metadata.
func queryResult(answer []byte, action string, out any) error {
	document := struct {
		XMLName  xml.Name
		Metadata struct{} `xml:"ResponseMetadata"`
		Result   any      `xml:",any"`
	}{Result: out}
	if err := xml.Unmarshal(answer, &document); err != nil || document.XMLName.Local != action+"Response" {
		return &smithy.DeserializationError{Err: errors.New("no XML of AWS's")}
	}
	return nil
}

// queryRefusal reads AWS's code and message.
func queryRefusal(resp *http.Response, answer []byte) error {
	var said struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    string   `xml:"Error>Code"`
		Message string   `xml:"Error>Message"`
	}
	if err := xml.Unmarshal(answer, &said); err != nil || said.Code == "" {
		return &smithy.DeserializationError{Err: fmt.Errorf("HTTP status %d", resp.StatusCode)}
	}
	return &smithy.GenericAPIError{Code: said.Code, Message: said.Message}
}

// iamPlace is where the IAM of a partition is: it is one service for all regions, in one of them.
type iamPlace struct {
	partition string
	prefix    string // of its regions' names
	region    string // that signatures are scoped to
	hosts     [4]string
}

// iamPlaceOf is that of a profile's identity; where nothing says whose it is, that of its region. The hosts are those of
// the SDK's own rules, plain, for FIPS, for dual-stack, and for both:
// https://github.com/aws/aws-sdk-go-v2/blob/main/service/iam/endpoints.go.
func iamPlaceOf(p *helper.Profile) iamPlace {
	global := iamPlace{"aws", "", "us-east-1", [4]string{"iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws", "iam-fips.global.api.aws"}}
	partition := p.Partition()
	for _, place := range []iamPlace{
		{"aws-cn", "cn-", "cn-north-1", [4]string{
			"iam.cn-north-1.amazonaws.com.cn", "iam-fips.amazonaws.com.cn",
			"iam.global.api.amazonwebservices.com.cn", "iam-fips.api.amazonwebservices.com.cn",
		}},
		{"aws-us-gov", "us-gov-", "us-gov-west-1", [4]string{
			"iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.api.aws",
		}},
		{"aws-iso", "us-iso-", "us-iso-east-1", [4]string{
			"iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov", "iam.api.aws.ic.gov", "iam-fips.api.aws.ic.gov",
		}},
		{"aws-iso-b", "us-isob-", "us-isob-east-1", [4]string{
			"iam.us-isob-east-1.sc2s.sgov.gov", "iam-fips.us-isob-east-1.sc2s.sgov.gov", "iam.api.aws.scloud", "iam-fips.api.aws.scloud",
		}},
		{"aws-iso-e", "eu-isoe-", "eu-isoe-west-1", [4]string{
			"iam.eu-isoe-west-1.cloud.adc-e.uk", "iam-fips.cloud.adc-e.uk",
			"iam.api.cloud-aws.adc-e.uk", "iam-fips.api.cloud-aws.adc-e.uk",
		}},
		{"aws-iso-f", "us-isof-", "us-isof-south-1", [4]string{
			"iam.us-isof-south-1.csp.hci.ic.gov", "iam-fips.csp.hci.ic.gov", "iam.api.aws.hci.ic.gov", "iam-fips.api.aws.hci.ic.gov",
		}},
		{"aws-eusc", "eusc-", "eusc-de-east-1", [4]string{
			"iam.eusc-de-east-1.amazonaws.eu", "iam-fips.amazonaws.eu",
			"iam.global.api.amazonwebservices.eu", "iam-fips.api.amazonwebservices.eu",
		}},
	} {
		if partition == place.partition || partition == global.partition && strings.HasPrefix(p.Client.Region, place.prefix) {
			return place
		}
	}
	return global
}

// endpoint is the profile's own, or the partition's.
func (i iamPlace) endpoint(p *helper.Profile) string {
	if p.Client.Endpoint != "" {
		return p.Client.Endpoint
	}
	host := 0
	if p.Client.FIPS {
		host |= 1
	}
	if p.Client.DualStack {
		host |= 2
	}
	return "https://" + i.hosts[host]
}
