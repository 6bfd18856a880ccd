package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
	"credmint/helper/program"
)

// gitConfigLine is one of git's configuration.
type gitConfigLine struct {
	origin string // "file:/home/me/.gitconfig"
	key    string // section and name in small letters
	value  string
}

// gitConfig is what git's configuration says of credentials, for this user and this machine, in the order in which git
// reads it. A repository's is left out: that is a stranger's.
type gitConfig struct {
	program string
	lines   []gitConfigLine
}

const maxGitConfig = 4 << 20

// readGitConfig asks git. Where git is not installed it says nothing.
func readGitConfig(ctx context.Context) (gitConfig, error) {
	git, err := program.Find("git")
	if errors.Is(err, program.ErrNotFound) {
		return gitConfig{}, nil
	}
	if err != nil {
		return gitConfig{}, err
	}
	s := gitConfig{program: git}
	cmd := program.Command(ctx, git, "config", "-z", "--show-origin", "--get-regexp", `^credential\.`)
	// Out of every repository; --show-scope, which would tell them apart, came with git 2.26 only.
	cmd.Dir = kept.Home()
	cmd.Env = append(outOfRepositories(cmd.Env), "GIT_CEILING_DIRECTORIES="+filepath.Dir(kept.Home()))
	fields, err := configEntries(ctx, cmd)
	for ; len(fields) >= 2; fields = fields[2:] {
		key, value, _ := strings.Cut(fields[1], "\n")
		s.lines = append(s.lines, gitConfigLine{fields[0], key, value})
	}
	return s, err
}

// configEntries runs `git config -z --get-regexp`. That there is nothing of the kind is no error.
func configEntries(ctx context.Context, cmd *exec.Cmd) ([]string, error) {
	out, err := program.Output(ctx, cmd, maxGitConfig)
	if failed, ok := errors.AsType[*program.Failed](err); ok && failed.Code == 1 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read git's config: %w", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// values lists those of a setting, for all hosts and for single ones.
func (s gitConfig) values(name string) []string {
	var values []string
	for _, set := range s.lines {
		if strings.HasPrefix(set.key, "credential.") && strings.HasSuffix(set.key, "."+name) {
			values = append(values, set.value)
		}
	}
	return values
}

// isHelper reports whether a key is of helpers, for all hosts or for some.
func isHelper(key string) bool {
	return strings.HasPrefix(key, "credential.") && strings.HasSuffix(key, ".helper")
}

// rivals are the helpers that are asked for what lines are for, and will not be: git's own config has them removed, and
// those of other files are reset.
func (s gitConfig) rivals(lines []gitLine) []gitConfigLine {
	var rivals []gitConfigLine
	for _, have := range s.lines {
		if !isHelper(have.key) || have.value == "" {
			continue
		}
		_, ours := codecommit.HelperProfile(have.value)
		if !ours && slices.ContainsFunc(lines, func(l gitLine) bool { return l.key == have.key }) {
			rivals = append(rivals, have)
		}
	}
	return rivals
}

// asked are the helpers that git comes to for what a key is for: those of the key and those for all hosts, less what a
// reset has dropped.
func (s gitConfig) asked(key string) []gitConfigLine {
	var asked []gitConfigLine
	for _, have := range s.lines {
		switch {
		case !isHelper(have.key) || have.key != key && have.key != allHosts:
		case have.value == "":
			asked = nil
		default:
			asked = append(asked, have)
		}
	}
	return asked
}

// write makes lines the only ones of their keys in the user's config. All are removed first, and the sections that this
// empties go, too: those that are added then come last in the file, where a reset before them is heeded.
func (s gitConfig) write(ctx context.Context, lines []gitLine) error {
	removed := map[string]bool{}
	for _, l := range lines {
		if !removed[l.key] {
			removed[l.key] = true
			if err := s.run(ctx, 5, "--unset-all", l.key); err != nil { // 5: there is none
				return err
			}
		}
	}
	for _, l := range lines {
		if err := s.run(ctx, 0, "--add", l.key, l.value); err != nil {
			return err
		}
	}
	return nil
}

// run has git edit the user's config. An exit code may be fine beside 0.
func (s gitConfig) run(ctx context.Context, fine int, args ...string) error {
	_, err := program.Output(ctx, program.Command(ctx, s.program, append([]string{"config", "--global"}, args...)...), maxGitConfig)
	if failed, ok := errors.AsType[*program.Failed](err); ok && failed.Code == fine {
		return nil
	}
	if err != nil {
		return fmt.Errorf("git config --global %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// helperName is the name in a helper's configured value: "store" of "store --file x", "cache" of a path to it.
func helperName(value string) string {
	word, _, _ := strings.Cut(value, " ")
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(word), "git-credential-"), ".exe")
}

// helpers are the configured ones that import knows.
func (s gitConfig) helpers() []string {
	var names []string
	for _, value := range s.values("helper") {
		name := helperName(value)
		if slices.Contains(importHelpers(), name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// storeFiles are those that a configured store helper is told to use.
func (s gitConfig) storeFiles() []string {
	var files []string
	for _, value := range s.values("helper") {
		words := strings.Fields(value)
		if helperName(value) != "store" {
			continue
		}
		for i, word := range words {
			file, ok := strings.CutPrefix(word, "--file=")
			if !ok && word == "--file" && i+1 < len(words) {
				file, ok = words[i+1], true
			}
			if rest, tilde := strings.CutPrefix(file, "~/"); tilde { // the shell that runs the helper takes it so
				file = filepath.Join(kept.Home(), rest)
			}
			if ok && filepath.IsAbs(file) {
				files = append(files, file)
			}
		}
	}
	return files
}

// repositoryConfig is the config of the repository at a path, or of the one that this is run in.
func (s gitConfig) repositoryConfig(ctx context.Context, dir string) (string, error) {
	cmd := program.Command(ctx, s.program, "rev-parse", "--git-path", "config")
	if cmd.Dir = dir; dir != "" {
		cmd.Env = outOfRepositories(cmd.Env)
	}
	out, err := program.Output(ctx, cmd, maxGitConfig)
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	path := strings.TrimRight(string(out), "\r\n")
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Abs(path)
}

// outOfRepositories is an environment that names no repository.
func outOfRepositories(env []string) []string {
	return slices.DeleteFunc(env, func(e string) bool {
		return strings.HasPrefix(e, "GIT_DIR=") || strings.HasPrefix(e, "GIT_COMMON_DIR=") || strings.HasPrefix(e, "GIT_WORK_TREE=")
	})
}

// hosts are those that have credential settings of their own, and those of the remotes of the repository that this is
// run in; each once, with its user where one is named.
func (s gitConfig) hosts(ctx context.Context) ([]gitcred.Credential, error) {
	var urls []string
	for _, set := range s.lines {
		rest := strings.TrimPrefix(set.key, "credential.")
		if end := strings.LastIndexByte(rest, '.'); end >= 0 && !strings.Contains(rest, "*") {
			urls = append(urls, rest[:end])
		}
	}
	if s.program != "" {
		remotes, err := configEntries(ctx, program.Command(ctx, s.program, "config", "-z", "--get-regexp", `^remote\..*url$`))
		if err != nil {
			return nil, err
		}
		for _, entry := range remotes {
			_, url, _ := strings.Cut(entry, "\n")
			urls = append(urls, url)
		}
	}
	var hosts []gitcred.Credential
	seen := map[string]bool{}
	for _, url := range urls {
		c, err := gitcred.ParseURL(url)
		if err != nil || !strings.HasPrefix(c.Protocol.Text(), "http") || !c.NamesHost() {
			continue
		}
		c.Path, c.Password = gitcred.Value{}, gitcred.Value{}
		if id := c.Protocol.Text() + "\x00" + c.Host.Text() + "\x00" + c.Username.Text(); !seen[id] {
			seen[id] = true
			hosts = append(hosts, c)
		}
	}
	return hosts, nil
}
