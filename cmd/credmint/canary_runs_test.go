//go:build linux

package main

import (
	"path/filepath"
	"slices"

	"credmint/helper/forge/forgetest"
	"credmint/keychain/keychaintest"
)

const (
	askGit      = "protocol=https\nhost=git.example.com\n\n"
	askForge    = "protocol=https\nhost=" + forgetest.Host + "\n\n"
	askSecret   = "protocol=https\nhost=secrets.example.com\nusername=bot\n\n"
	askSigned   = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n\n"
	askRegistry = "https://222222222222.dkr.ecr.eu-central-1.amazonaws.com\n"
	storedGit   = "protocol=https\nhost=git.example.com\nusername=alice\npassword=" + canaryPassword + "\n\n"
)

// working are the commands that do what they are for, in an order that each can work in.
func (w *canaryWorld) working() []canaryRun {
	session, key := []string{aSession}, w.alice.AccessKeyID+"\n"+w.alice.Secret+"\n"
	forge := "https://" + forgetest.Host
	return []canaryRun{
		{args: "add --replace --stdin plain", stdin: key},
		{args: "add --stdin --no-config me", stdin: key},
		{args: "add --stdin --no-config typed", stdin: key},
		{args: "mfa add --stdin " + w.mfa.Serial, stdin: w.mfa.Seed + "\n"},
		{args: "mfa add --stdin " + w.spare.Serial, stdin: w.spare.Seed + "\n"},
		{args: "aws plain", stdout: session},
		{args: "aws plain", stdout: session}, // kept
		{args: "aws reader", stdout: session},
		{args: "aws admin", stdout: session},
		{args: "aws corp", stdout: session},
		{args: "aws pod", stdout: session},
		{args: "aws podfile", stdout: session},
		{args: "aws host", stdout: session},
		{args: "aws other-program", stdout: session},
		{args: "login center"},
		{args: "login --force --device-code center"},
		{args: "aws dev", stdout: session},
		{args: "sync --dry-run"},
		{args: "login --aws-login console"},
		{args: "aws console", stdout: session},
		{args: "env --format sh reader", stdout: session},
		{args: "env --format json reader", stdout: session},
		{args: "exec reader -- env", stdout: []string{anEndpointToken}, take: map[string]string{anEndpointToken: "_TOKEN=(.*)"}, child: map[string][]string{"env": {anEndpointToken}}},
		{args: "exec --env reader -- env", stdout: session, child: map[string][]string{"env": session}},
		{args: "exec reader -- /bin/sh -c exit\t3", fails: true, child: map[string][]string{"sh": {anEndpointToken}}},
		{args: "token eks --cluster blue reader", stdout: []string{aSession, anOutboundToken}, take: map[string]string{anOutboundToken: `"token": ?"([^"]*)"`}},
		{args: "token rds --host db.abc.eu-west-1.rds.amazonaws.com --user app reader", stdout: []string{aSession, anOutboundToken}, take: map[string]string{anOutboundToken: "(.*)"}},
		{args: "token ecr reader", stdout: []string{aRegistryToken}},
		{args: "token web-identity --audience https://api.example reader", stdout: []string{anOutboundToken}},
		{args: "docker get", stdin: askRegistry, env: []string{"AWS_PROFILE=reader"}, stdout: []string{aRegistryToken}},
		{args: "docker store", stdin: `{"ServerURL":"https://hub.example","Username":"alice","Secret":"` + dockerPassword + `"}`},
		{args: "docker get", stdin: "https://hub.example\n", stdout: []string{aGitPassword}},
		{args: "docker list"},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "git --profile reader get", stdin: askSigned, stdout: []string{aSession, aGitPassword}, take: map[string]string{aGitPassword: "password=(.*)"}},
		{args: "git get", stdin: askSecret, stdout: []string{aGitPassword}},
		{args: "git client-secret --stdin " + forgetest.Host + " client-1", stdin: "canary client secret\n"},
		{args: "login " + forge},
		{args: "git get", stdin: askForge, stdout: []string{aGitPassword}},
		{args: "codecommit create plain"},
		{args: "codecommit list plain"},
		{args: "console reader"},
		{args: "console --print reader", stdout: []string{aConsoleToken}},
		{args: "mfa code " + w.spare.Serial, stdout: []string{aCode}, take: map[string]string{aCode: `^(\d{6})\n$`}},
		{args: "mfa list --json"},
		{args: "import --yes aws-credentials netrc"},
		{args: "setup aws --yes"},
		{args: "setup git --yes --profile reader --all-hosts"},
		{args: "rotate --grace 0 --yes plain"},
		{args: "git list --json"},
		{args: "git erase", stdin: storedGit},
		{args: "list"},
		{args: "list --json"},
		{args: "explain admin"},
		{args: "explain --git codecommit::eu-west-1://reader@demo"},
		{args: "doctor", either: true},
		{args: "doctor --json", either: true},
		{args: "log --json"},
		{args: "version"},
		{args: "completion bash"},
		{args: "__complete fish aws "},
		{args: "__complete fish git remove "},
		{args: "__complete fish mfa code "},
		{args: "logout console"},
		{args: "forget"},
	}
}

// broken are commands on a machine where something is.
func (w *canaryWorld) broken() []canaryRun {
	session := []string{aSession}
	noBus := []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
	return []canaryRun{
		{args: "aws reader", stdout: session, wrapped: `ulimit -f 0; exec "$@"`}, // nothing can be kept
		{args: "aws plain", fails: true, wrapped: `exec "$@" >/dev/full`},
		{args: "token ecr plain", wrapped: `exec "$@" >&-`}, // Go opens /dev/null there
		{args: "aws plain", fails: true, env: noBus},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "git get", stdin: askGit, fails: true, env: noBus},
		{args: "docker get", stdin: "https://hub.example\n", fails: true, env: noBus},
		{args: "exec plain -- /nonexistent", fails: true},
		{args: "add --stdin plain", stdin: w.alice.AccessKeyID + "\n" + w.alice.Secret + "x\n", fails: true},
		{args: "add --stdin plain", stdin: w.alice.Secret + "\n" + w.alice.AccessKeyID + "\n", fails: true},
		{args: "mfa add --stdin plain", stdin: w.mfa.Seed + "!\n", fails: true},
		{args: "git store", stdin: "password=" + canaryPassword + "\nnonsense\n", fails: true},
		{args: "docker store", stdin: `{"Secret":"` + dockerPassword + `",`, fails: true},
		{args: "git app-key --stdin forge.example.com 7", stdin: canaryPassword + "\n", fails: true},
	}
}

// filed are commands of somebody whose keychain is a file, which a passphrase in the environment opens.
func (w *canaryWorld) filed() []canaryRun {
	data := filepath.Join(w.home, "filed")
	if err := keychaintest.OpenCheaply(filepath.Join(data, "credmint"), canaryPassphrase); err != nil {
		w.t.Fatal(err)
	}
	env := []string{"CREDMINT_KEYCHAIN=file", "CREDMINT_PASSPHRASE=" + canaryPassphrase, "XDG_DATA_HOME=" + data, "XDG_CACHE_HOME=" + data}
	session, key := []string{aSession}, w.alice.AddAccessKey()
	w.add(anAccessKey, key.Secret)
	runs := []canaryRun{
		{args: "add --stdin --no-config plain", stdin: key.ID + "\n" + key.Secret + "\n"},
		{args: "aws corp", stdout: session},
		{args: "aws other-program", stdout: session},
		{args: "exec corp -- env", stdout: []string{anEndpointToken}, take: map[string]string{anEndpointToken: "_TOKEN=(.*)"}, child: map[string][]string{"env": {anEndpointToken}}},
		{args: "login center"},
		{args: "git store", stdin: storedGit},
		{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
		{args: "console corp"},
		{args: "keychain passphrase", fails: true}, // nobody can be asked for the new one
		{args: "aws plain", env: []string{"CREDMINT_PASSPHRASE=" + canaryPassphrase + "?"}, fails: true},
		{args: "keychain migrate os", fails: true}, // CREDMINT_KEYCHAIN has chosen
	}
	for i := range runs {
		runs[i].env = append(slices.Clone(env), runs[i].env...)
	}
	return runs
}
