package plaintext_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/plaintext"
	"credmint/helper/platformtest"
)

const mixed = `# mine
https://alice:hunter2@git.example.com
https://bob:swordfish@git.example.com/team/repo
https://carol:kept@git.example.com

https://dave:other@git.example.com
https://alice:second@git.example.com
https://alice:hunter2@git.example.com
https://eve@git.example.com
no url
`

func TestPlanAndApply(t *testing.T) {
	logins, _ := newLogins()
	mustKeep(t, logins, "https://carol:kept@git.example.com", "https://dave:ours@git.example.com")
	path := write(t, "credentials", mixed)
	source := &plaintext.GitCredentials{Path: path, Logins: logins}
	steps := mustPlan(t, false, source)
	const at = "at https://git.example.com"
	want := `2 move alice ` + at + `
3 move bob ` + at + `/team/repo
4 remove carol ` + at + `: it is kept already
6 leave dave ` + at + `: another one is kept
7 leave alice ` + at + `: it is not the first one for the same login
8 remove alice ` + at + `: it stands in the open twice
9 leave eve ` + at + `: it has no password
10 leave a line that git cannot read: the URL does not begin with a protocol and "://"
`
	if got := planned(steps); got != want {
		t.Errorf("planned:\n%swant:\n%s", got, want)
	}
	wantFile(t, path, mixed)

	var did []string
	if err := plaintext.Apply(t.Context(), steps, false, func(s plaintext.Step) { did = append(did, s.Name) }); err != nil {
		t.Fatal(err)
	}
	if len(did) != len(steps) {
		t.Errorf("reported %q", did)
	}
	rest := `# mine

https://dave:other@git.example.com
https://alice:second@git.example.com
https://eve@git.example.com
no url
`
	wantFile(t, path, rest)
	for _, url := range []string{
		"https://alice:hunter2@git.example.com", "https://bob:swordfish@git.example.com/team/repo",
		"https://carol:kept@git.example.com", "https://dave:ours@git.example.com",
	} {
		wantKept(t, logins, url)
	}

	// Only when it is said so does another password take the place of what is kept.
	steps = mustPlan(t, true, source)
	if got := planned(steps); !strings.Contains(got, "move dave "+at+": another one is kept, and replaced") {
		t.Errorf("planned:\n%s", got)
	}
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	wantKept(t, logins, "https://dave:other@git.example.com")
}

// With replace the first of several still counts, in one file and over several.
func TestTheFirstCounts(t *testing.T) {
	logins, _ := newLogins()
	mustKeep(t, logins, "https://a:kept@h")
	first := &plaintext.GitCredentials{Path: write(t, "one", "https://a:kept@h\nhttps://a:2@h\nhttps://b:1@h\n"), Logins: logins}
	second := &plaintext.Netrc{Path: write(t, "two", "machine h login b password 2\nmachine h login b password 1\n"), Logins: logins}
	steps := mustPlan(t, true, first, second)
	want := `1 remove a at https://h: it is kept already
2 leave a at https://h: it is not the first one for the same login
3 move b at https://h
1 leave b at https://h: it is not the first one for the same login
2 remove b at https://h: it stands in the open twice
`
	if got := planned(steps); got != want {
		t.Errorf("planned:\n%swant:\n%s", got, want)
	}
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	wantKept(t, logins, "https://a:kept@h")
	wantKept(t, logins, "https://b:1@h")
	wantFile(t, first.Path, "https://a:2@h\n")
	wantFile(t, second.Path, "machine h login b password 2\n")
}

func TestCopy(t *testing.T) {
	logins, _ := newLogins()
	path := write(t, "credentials", "https://a:1@h\n")
	steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
	if err := plaintext.Apply(t.Context(), steps, true, ignore); err != nil {
		t.Fatal(err)
	}
	wantKept(t, logins, "https://a:1@h")
	wantFile(t, path, "https://a:1@h\n")
}

// Whatever goes wrong with one secret, nothing of its file is removed.
func TestNothingGoesBeforeItIsKept(t *testing.T) {
	const text = "https://a:1@good\nhttps://b:2@bad\n"
	for name, spoil := range map[string]func(*memory){
		"a write that fails": func(m *memory) { m.broken = "bad" },
		"a write that lies":  func(m *memory) { m.lost = "bad" },
	} {
		t.Run(name, func(t *testing.T) {
			logins, m := newLogins()
			path := write(t, "credentials", text)
			steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
			spoil(m)
			err := plaintext.Apply(t.Context(), steps, false, ignore)
			if err == nil || !strings.Contains(err.Error(), "b at https://bad") {
				t.Errorf("error %v", err)
			}
			wantFile(t, path, text)
		})
	}
	// What was kept when the plan was made may be gone when it is carried out.
	logins, m := newLogins()
	mustKeep(t, logins, "https://a:1@good")
	path := write(t, "credentials", text)
	steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
	delete(m.items, "git/https://good")
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err == nil {
		t.Error("removed what is not kept")
	}
	wantFile(t, path, text)
}

// A source that cannot be read does not hide the others, nor is it taken for an empty one.
func TestBrokenSource(t *testing.T) {
	logins, _ := newLogins()
	broken := &plaintext.Netrc{Path: write(t, "netrc", "machine h login \"a password b\n"), Logins: logins}
	whole := &plaintext.GitCredentials{Path: write(t, "credentials", "https://a:1@h\n"), Logins: logins}
	none := &plaintext.Netrc{Path: filepath.Join(t.TempDir(), "none"), Logins: logins}
	steps, err := plaintext.Plan(t.Context(), []plaintext.Source{broken, none, whole}, false)
	if err == nil || !strings.Contains(err.Error(), broken.Path+": line 1: a quote is not closed") || len(steps) != 1 {
		t.Errorf("%d steps, %v", len(steps), err)
	}
	dir := &plaintext.GitCredentials{Path: t.TempDir(), Logins: logins}
	binary := &plaintext.Netrc{Path: write(t, "netrc", "machine h\x00 login a password b"), Logins: logins}
	if steps, err := plaintext.Plan(t.Context(), []plaintext.Source{dir, binary}, false); err == nil || len(steps) != 0 ||
		!strings.Contains(err.Error(), dir.Path) || !strings.Contains(err.Error(), binary.Path) {
		t.Errorf("%d steps, %v", len(steps), err)
	}
	logins.Secrets.(*memory).items["git/https://h"] = []byte("damaged")
	if steps, err := plaintext.Plan(t.Context(), []plaintext.Source{whole}, false); err == nil || steps != nil {
		t.Errorf("%d steps, %v, though the keychain cannot be read", len(steps), err)
	}
}

// While another git writes, nothing is changed; and what it wrote before is not lost.
func TestGitsLock(t *testing.T) {
	logins, _ := newLogins()
	path := write(t, "credentials", "https://a:1@h\n")
	link := filepath.Join(t.TempDir(), "link")
	platformtest.Symlink(t, path, link)
	source := &plaintext.GitCredentials{Path: link, Logins: logins}
	steps := mustPlan(t, false, source)
	if err := os.WriteFile(path+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := plaintext.Apply(t.Context(), steps, false, ignore)
	if err == nil || !strings.Contains(err.Error(), "credentials.lock") {
		t.Errorf("error %v", err)
	}
	wantFile(t, path, "https://a:1@h\n")
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("https://new:1@h\nhttps://a:1@h\nhttps://b:1@h"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "https://new:1@h\nhttps://b:1@h")
	if _, err := os.Stat(path + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock is there still: %v", err)
	}
}
