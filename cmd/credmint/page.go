package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"credmint/cache"
	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/signin"
)

// openPage is the file in which a process that waits for a person says where it has sent them, for those who wait for it
// in turn: whoever has closed the page gets it again from them. It is removed when the sign-in is over; what a killed
// process leaves is of no use after pageLife. A page's address is good for no sign-in but that process's own (PKCE).
type openPage struct {
	path string // empty: there is no place for it
	ours bool   // this process has sent somebody there
}

const (
	pageLife = 10 * time.Minute // for which a sign-in waits
	maxPage  = 64 << 10
)

// openPage is the page of a link's sign-in.
func (a *app) openPage(link helper.Key) *openPage {
	s := a.sessions()
	if s.Usable() != nil {
		return &openPage{}
	}
	return &openPage{path: filepath.Join(filepath.Dir(s.Dir.Path), "sign-ins", cache.Key(link).Name())}
}

func (o *openPage) put(p signin.Page) error {
	if o.path == "" {
		return nil
	}
	o.ours = true
	text, err := json.Marshal(p)
	if err == nil {
		err = atomicfile.MkdirPrivate(filepath.Dir(o.path))
	}
	if err == nil {
		err = atomicfile.Write(o.path, text, 0o600)
	}
	return err
}

func (o *openPage) get(now time.Time) (p signin.Page, ok bool) {
	info, err := os.Lstat(o.path)
	if err != nil || now.Sub(info.ModTime()).Abs() > pageLife {
		return signin.Page{}, false
	}
	text, err := atomicfile.ReadPrivate(o.path, maxPage)
	return p, err == nil && json.Unmarshal(text, &p) == nil
}

func (o *openPage) remove() {
	if o.ours {
		_ = os.Remove(o.path)
		o.ours = false
	}
}

// visited is a source for which a page may be open. The page goes when it has answered, and before others have what came of it:
// later the place could be that of a page of theirs.
type visited struct {
	helper.Source
	page *openPage
}

func (v visited) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	defer v.page.remove()
	return v.Source.Session(ctx, p)
}

// tellWaiting tells a person that this process waits for another one, and sends them to its page once more.
func (a *app) tellWaiting(link helper.Key) {
	a.tell("another process is at it, and its page may be open in a browser; this one waits for it (^C gives up)")
	person, ok := a.person.(*screen)
	if !ok || person.behind {
		return
	}
	if page, ok := a.openPage(link).get(a.now()); ok {
		person.person.Visit(context.Background(), page)
	}
}
