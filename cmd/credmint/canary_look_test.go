//go:build linux

package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// spot is where a secret could be, and the kinds of those that may be there.
type spot struct {
	name, text string
	may        []string
}

// hunt finds secrets in places, however they are written there: as they are, in base64 at any offset and of either alphabet,
// in hexadecimal, and escaped for URLs and JSON; and pieces of them.
type hunt struct {
	byStart map[string][]form // the first bytes of each
	begins  [1 << 16]bool     // by the first two: most places in a text end here
	kinds   map[string]int    // how many of each are looked for
}

type form struct{ kind, how, text string }

const startSize = 6

func (c *canaries) hunt() *hunt {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &hunt{byStart: map[string][]form{}, kinds: map[string]int{}}
	for secret, kind := range c.kinds {
		h.kinds[kind]++
		forms := formsOf(secret)
		if n := len(secret); n > 3*pieceSize && kind != anOutboundToken { // which are made of others; and how tokens begin is no secret
			forms["a piece"], forms["its end"] = secret[n/2:n/2+pieceSize], secret[n-pieceSize:]
		}
		for how, text := range forms {
			if len(text) >= startSize {
				h.begins[pair(text)] = true
				h.byStart[text[:startSize]] = append(h.byStart[text[:startSize]], form{kind, how, text})
			}
		}
	}
	return h
}

// pieceSize is how much of a long secret is as bad as the whole.
const pieceSize = 24

func pair(text string) int { return int(text[0])<<8 | int(text[1]) }

func formsOf(secret string) map[string]string {
	quoted, _ := json.Marshal(secret) // a string always marshals
	forms := map[string]string{"plain": secret}
	for how, text := range map[string]string{
		"for a query": url.QueryEscape(secret), "for a path": url.PathEscape(secret), "in JSON": strings.Trim(string(quoted), `"`),
		"without padding": strings.TrimRight(secret, "="),
	} {
		if text != secret {
			forms[how] = text
		}
	}
	if isCode(secret) { // six digits: what is made of them is found by chance
		return forms
	}
	forms["in hexadecimal"] = hex.EncodeToString([]byte(secret))
	forms["in HEXADECIMAL"] = strings.ToUpper(forms["in hexadecimal"])
	for offset := range 3 {
		padded := []byte(strings.Repeat("x", offset) + secret)
		whole := len(padded) / 3 * 4 // what follows changes with the bytes behind
		start := (offset*8 + 5) / 6  // what is before has bits of those in front
		forms[fmt.Sprintf("in base64, at %d", offset)] = base64.RawStdEncoding.EncodeToString(padded)[start:whole]
		forms[fmt.Sprintf("in base64 for URLs, at %d", offset)] = base64.RawURLEncoding.EncodeToString(padded)[start:whole]
	}
	return forms
}

func isCode(secret string) bool { return regexp.MustCompile(`^\d{6}$`).MatchString(secret) }

// sighting is a secret in a place.
type sighting struct {
	kind, text string
	allowed    bool
}

// in tells what is in a place.
func (h *hunt) in(p spot) (all []sighting) {
	for i := 0; i+startSize <= len(p.text); i++ {
		if !h.begins[pair(p.text[i:])] {
			continue
		}
		for _, form := range h.byStart[p.text[i:i+startSize]] {
			if strings.HasPrefix(p.text[i:], form.text) && !(isCode(form.text) && inLongerWord(p.text, i)) {
				line := p.text[strings.LastIndexByte(p.text[:i], '\n')+1 : i]
				all = append(all, sighting{form.kind, fmt.Sprintf("%s, of %d bytes, behind %.300q", form.how, len(form.text), line), slices.Contains(p.may, form.kind)})
			}
		}
	}
	return all
}

// inLongerWord reports whether the six digits there are a part of something else.
func inLongerWord(text string, at int) bool {
	word := func(i int) bool {
		return i >= 0 && i < len(text) && regexp.MustCompile(`[\w.]`).MatchString(text[i:i+1])
	}
	return word(at-1) || word(at+startSize)
}

// processes are the arguments and the environment of each program that strace saw start. Those of credmint's own processes
// may have what the user gave the first one.
func processes(t *testing.T, run, trace string, may map[string][]string) (seen []spot) {
	t.Helper()
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^\d+ +execve\("((?:[^"\\]|\\.)*)", \[(.*)\], \[(.*)\]`)
	for text := range strings.Lines(string(data)) {
		if !strings.Contains(text, "execve(") || strings.Contains(text, "resumed>") {
			continue
		}
		m := line.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("%s: strace says %.300s", run, text)
		}
		program := filepath.Base(m[1])
		seen = append(seen,
			spot{run + ": the arguments of " + program, unescape(m[2]), nil},
			spot{run + ": the environment of " + program, unescape(m[3]), may[program]})
	}
	if len(seen) == 0 {
		t.Fatalf("%s: strace saw no program start", run)
	}
	return seen
}

// unescape reads what strace writes: C's strings.
func unescape(text string) string {
	return regexp.MustCompile(`\\([0-7]{1,3}|.)`).ReplaceAllStringFunc(text, func(c string) string {
		if n, err := strconv.ParseUint(c[1:], 8, 8); err == nil {
			return string([]byte{byte(n)})
		}
		if i := strings.IndexByte("ntrvf", c[1]); i >= 0 {
			return "\n\t\r\v\f"[i : i+1]
		}
		return c[1:]
	})
}

// filesIn are all files of some directories. may says by a path's end what is allowed to be in it.
func filesIn(t *testing.T, may map[string][]string, dirs ...string) (files []spot) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // a file that was being written has its name now
				return nil
			}
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			p := spot{name: "the file " + path, text: path + "\n" + string(data)}
			for end, kinds := range may {
				if strings.Contains(path, end) {
					p.may = kinds
				}
			}
			files = append(files, p)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
