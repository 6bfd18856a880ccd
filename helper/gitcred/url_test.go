package gitcred_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"credmint/helper/gitcred"
	"credmint/helper/platformtest"
)

// urls are those on which parsers of URLs differ.
func urls() []string {
	return []string{
		"https://a%40b:p%2Fq@h.example:80/p%20a//?x", "https://h/%2f%2f", "https://a:b@h:%38%30", "https://a:p%41:%42@h//x/",
		"https://%zz%00%4:%41@h", "https://a@b@h/x", "https://u:p@h/x%2F/", "https://@h", "https://:p@h", "https://u:@h",
		"https://u:p@h%2Fx/y", "http://a:b@[::1]:8080/", "https://u:p@h?q", "https://u:p@h#f", "https://h/p:a%41", "https://h/p@x:y",
		"smtp://me%40h:p@h:587", "cert:///a/b.pem", "https://u:p+q@h", "https://u:p:q@h/", "HTTPS://u:p@H", "https://h/a b", "https://%C3%A9:%ff@h",
		"x+y.z-1://h", "https://h/////", "https:///", "https://u%3Av:p@h",
	}
}

// TestParseURL reads as git does, which is asked.
func TestParseURL(t *testing.T) {
	for _, url := range urls() {
		c, err := gitcred.ParseURL(url)
		if err != nil {
			t.Errorf("ParseURL(%q): %v", url, err)
			continue
		}
		var got bytes.Buffer
		if err := gitcred.Write(&got, c); err != nil {
			t.Errorf("%q: %v", url, err)
		}
		if want := gitReads(t, url); got.String() != want {
			t.Errorf("ParseURL(%q) = %q, git reads %q", url, got.String(), want)
		}
	}
}

// gitReads is what git makes of a URL: what it tells a helper where a part of the login is missing, else its answer.
func gitReads(t *testing.T, url string) string {
	t.Helper()
	cmd := exec.Command(platformtest.Need(t, "git"), "-c", "credential.useHttpPath=true", "-c", "credential.helper=",
		"-c", "credential.helper=!f() { cat >&2; echo username=x; echo password=x; }; f", "credential", "fill")
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = strings.NewReader("url=" + url + "\n\n")
	var told, answer bytes.Buffer
	cmd.Stdout, cmd.Stderr = &answer, &told
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: git: %v: %s", url, err, told.String())
	}
	if told.Len() > 0 {
		return told.String()
	}
	return answer.String()
}

func TestParseURLRefuses(t *testing.T) {
	for _, url := range []string{
		"", "h", "u:p@h", "://u:secret@h", "https:/u:secret@h", "https://u:secret%0a@h", "https://u%0d:secret@h", "https://u:secret@h%0ahost=evil",
		"https://u:secret@h\r", "https://u:secret@h/%1b", "https://u:secret@h/\n", "h\x01://u:secret@h",
	} {
		if c, err := gitcred.ParseURL(url); err == nil || strings.Contains(err.Error(), "secret") || c.Host.IsSet() {
			t.Errorf("ParseURL(%q) = %s, %v", url, show(c), err)
		}
	}
}
