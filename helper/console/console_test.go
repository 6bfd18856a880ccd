package console_test

import (
	"net/url"
	"strings"
	"testing"

	"credmint/helper/console"
)

func hosts(t *testing.T) console.Hosts {
	t.Helper()
	h, err := console.HostsOf("eu-west-1", "eu-west-1.signin.aws.amazon.com")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHostsOf(t *testing.T) {
	if h := hosts(t); h.Domain != "console.aws.amazon.com" {
		t.Errorf("the console is at %s", h.Domain)
	}
	for _, signIn := range []string{"signin.aws.amazon.com", "eu-west-2.signin.aws.amazon.com", "eu-west-1.signin.", "eu-west-1.sts.amazonaws.com"} {
		if h, err := console.HostsOf("eu-west-1", signIn); err == nil {
			t.Errorf("%s is the sign-in of %+v", signIn, h)
		}
	}
}

func TestService(t *testing.T) {
	for name, want := range map[string]string{
		"":    "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1",
		"s3":  "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1",
		"s3/": "", "../x": "", "S3": "", "a?b": "", "a#b": "", "evil.example": "",
	} {
		if got, err := hosts(t).Service(name); got != want || (err == nil) != (want != "") {
			t.Errorf("Service(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestPage(t *testing.T) {
	for where, want := range map[string]string{
		"/s3/buckets/b?region=eu-west-1#x":         "https://eu-west-1.console.aws.amazon.com/s3/buckets/b?region=eu-west-1#x",
		"https://console.aws.amazon.com/":          "https://console.aws.amazon.com/",
		"https://us-east-1.console.aws.amazon.com": "https://us-east-1.console.aws.amazon.com",
	} {
		if got, err := hosts(t).Page(where); got != want || err != nil {
			t.Errorf("Page(%q) = %q, %v, want %q", where, got, err, want)
		}
	}
	for _, where := range []string{
		"", "s3", "//evil.example/", "http://console.aws.amazon.com/", "https://evil.example/", "https://evilconsole.aws.amazon.com/",
		"https://console.aws.amazon.com.evil.example/", "https://console.aws.amazon.com@evil.example/", "https://console.aws.amazon.com:444/",
		"https://console.aws.amazon.com:/", "https://console.amazonaws.cn/", "https:console.aws.amazon.com", "javascript:alert(1)",
		"https://evil.example\\@console.aws.amazon.com/", "/\\evil.example", "https://console.aws.amazon.com/\n", "https://evil.example#.console.aws.amazon.com",
		"https://evil.example?.console.aws.amazon.com", "https://evil.example/.console.aws.amazon.com", "https://CONSOLE.aws.amazon.com.evil.example/",
	} {
		if got, err := hosts(t).Page(where); err == nil {
			t.Errorf("Page(%q) = %q", where, got)
		}
	}
}

// Whatever is taken leads to the console's own hosts, by a reading of its own: all up to the first of /?# is the authority.
func FuzzPage(f *testing.F) {
	f.Add("/s3/home")
	f.Add("https://console.aws.amazon.com/")
	f.Add("https://evil.example#.console.aws.amazon.com")
	f.Fuzz(func(t *testing.T, where string) {
		page, err := hosts(t).Page(where)
		if err != nil {
			return
		}
		rest, ok := strings.CutPrefix(page, "https://")
		if !ok {
			t.Fatalf("Page(%q) = %q", where, page)
		}
		if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
			rest = rest[:i]
		}
		if strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~!$&'()*+,;=%") != "" || !strings.HasSuffix("."+rest, ".console.aws.amazon.com") {
			t.Errorf("Page(%q) is at %q", where, rest)
		}
		if _, err := url.Parse(page); err != nil {
			t.Errorf("Page(%q): %v", where, err)
		}
	})
}
