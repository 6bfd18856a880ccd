package awsconfig

import "strings"

// ownNames are the settings that credmint looks up, by their plain names: with the prefix they are credmint's alone. A test
// holds the list to the look-ups.
const ownNames = `
allow allow_root auto_login aws_account_id ca_bundle codecommit_profile confirm credential_process credential_source duration_seconds
ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode endpoint_url external_id federation_name git_secret
ignore_configured_endpoint_urls login_session mfa_process mfa_serial mfa_yubikey policy_arns raw_key region role_arn
role_session_name roles_anywhere_certificate roles_anywhere_intermediates roles_anywhere_private_key
roles_anywhere_profile_arn roles_anywhere_trust_anchor_arn saml_acs_url saml_process saml_provider_arn saml_url secret_id
services session_policy session_tags source_identity source_profile sso_account_id sso_region sso_registration_scopes
sso_role_name sso_session sso_start_url sts_regional_endpoints sync_region sync_template target_principal task_policy_arn
transitive_session_tags use_dualstack_endpoint use_fips_endpoint web_identity_token_file web_identity_token_process`

// othersNames are the settings that the SDKs and AWS's CLI read beside those:
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html and
// https://docs.aws.amazon.com/cli/latest/topic/config-vars.html.
const othersNames = `
account_id_endpoint_mode api_versions auth_scheme_preference aws_access_key_id aws_secret_access_key aws_session_token
cli_auto_prompt cli_binary_format cli_error_format cli_follow_urlparam cli_help_output cli_history cli_pager
cli_timestamp_format cloudwatch connect_timeout csm_client_id csm_enabled csm_host csm_port defaults_mode
disable_host_prefix_injection disable_request_compression ec2_metadata_v1_disabled emr endpoint_discovery_enabled
keyring max_attempts max_pool_connections metadata_service_num_attempts metadata_service_timeout output
parameter_validation payload_signing_enabled read_timeout request_checksum_calculation request_min_compression_size_bytes
response_checksum_validation retry_mode s3 s3api s3_disable_express_session_auth s3_disable_multiregion_access_points
s3_us_east_1_regional_endpoint s3_use_arn_region sdk_ua_app_id sigv4a_signing_region_set tcp_keepalive
user_agent_appid user_agent_extra`

// named reports whether a setting is one that somebody reads, and which one is meant where it is not: empty where nothing
// is near.
func named(setting string) (known bool, meant string) {
	best := mostSlips + 1
	for name := range strings.FieldsSeq(ownNames) {
		for _, spelling := range []string{prefix + name, name} {
			if n := slips(setting, spelling); n < best {
				best, meant = n, spelling
			}
		}
	}
	for name := range strings.FieldsSeq(othersNames) {
		if n := slips(setting, name); n < best {
			best, meant = n, name
		}
	}
	return best == 0, meant
}

// Nearest is the one of some names that a person may have meant by one that is none of them; empty where none is near.
func Nearest(typed string, names []string) (meant string) {
	best := 1 + min(mostSlips, 1+len(typed)/6) // two letters of a short name make another one
	for _, name := range names {
		if n := slips(typed, name); n < best {
			best, meant = n, name
		}
	}
	return meant
}

// mostSlips is how many letters may be wrong in a name before it is another one.
const mostSlips = 2

// slips counts the letters that are wrong, missing, too many, or in the wrong order (the optimal string alignment
// distance), and stops counting where there are too many.
func slips(a, b string) int {
	if d := len(a) - len(b); d > mostSlips || -d > mostSlips {
		return mostSlips + 1
	}
	before, above, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			swap := 1
			if a[i-1] == b[j-1] {
				swap = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+swap)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, make([]int, len(b)+1)
	}
	return above[len(b)]
}
