// Package journal keeps the record of what was minted on this machine, for whom: one JSON object a line, in two files of
// bounded size. It holds no secret. Whoever can write the user's files can rewrite it: it is for looking things up, and
// for finding the same event in CloudTrail, and no evidence.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"credmint/helper/atomicfile"
)

// Entry is one session that was minted, or was to be:
//
//	{"time":"2026-11-24T18:20:31Z","profile":"prod","kind":"role","account":"222222222222",
//	 "role":"arn:aws:iam::222222222222:role/Admin","session_name":"alice","program":"terraform","parent":"make",
//	 "outcome":"minted","expires":"2026-11-24T19:20:31Z","request_id":"c6104cbe-af31-11e0-8154-cbc7ccf896c7"}
type Entry struct {
	Time        time.Time  `json:"time"`                   // UTC
	Profile     string     `json:"profile"`                // the link of the chain
	For         string     `json:"for,omitempty"`          // the profile that was asked for, where that is another
	Kind        string     `json:"kind"`                   // helper.Kind
	Account     string     `json:"account,omitempty"`      // twelve digits
	Role        string     `json:"role,omitempty"`         // ARN, or the name of an Identity Center role
	SessionName string     `json:"session_name,omitempty"` // role_session_name
	Program     string     `json:"program,omitempty"`      // that asked; empty where the system does not tell
	Parent      string     `json:"parent,omitempty"`       // of that program
	Behind      bool       `json:"behind,omitempty"`       // renewed behind, by a process of credmint's own
	Outcome     string     `json:"outcome"`                // Minted, Refused or Failed
	Error       string     `json:"error,omitempty"`
	Expires     *time.Time `json:"expires,omitempty"`    // UTC
	RequestID   string     `json:"request_id,omitempty"` // AWS's, as in CloudTrail
}

// The outcomes. Refused is AWS's no, a person's, or a rule's; everything else that can go wrong is Failed.
const (
	Minted  = "minted"
	Refused = "refused"
	Failed  = "failed"
)

// Journal is the two files: Path, which is written to, and the one before it, whose name ends in ".1".
type Journal struct {
	Path string
	Size int64 // when the file is exchanged for a new one; zero: 1 MiB
}

const (
	defaultSize = 1 << 20
	maxError    = 500 // bytes of an error's text: with the rest, a line is one write that is not torn
)

func (j Journal) size() int64 {
	if j.Size > 0 {
		return j.Size
	}
	return defaultSize
}

// Append adds an entry with a single write at the file's end, so that processes may do so at the same time. Where the last
// line has no end, its writer having been cut off, the entry begins another.
func (j Journal) Append(e Entry) error {
	if len(e.Error) > maxError {
		e.Error = string(bytes.ToValidUTF8([]byte(e.Error[:maxError]), nil)) + "…"
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := atomicfile.MkdirPrivate(filepath.Dir(j.Path)); err != nil {
		return err
	}
	written, err := appendLine(j.Path, append(line, '\n'))
	if err == nil && written.Size() > j.size() {
		err = j.exchange(written)
	}
	return err
}

// appendLine returns what the file was before it.
func appendLine(path string, line []byte) (info os.FileInfo, err error) {
	f, err := atomicfile.OpenAppend(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "append", Path: path, Err: errors.New("it is no regular file")}
	}
	last := []byte{'\n'}
	if _, err := f.ReadAt(last, max(info.Size()-1, 0)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if last[0] != '\n' {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(line)
	return info, err
}

// exchange makes a full file the one before. Of several processes that find it full one does so: the lock is held for the
// time of looking again.
func (j Journal) exchange(full os.FileInfo) (err error) {
	lock := flock.New(j.Path+".lock", flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	now, err := os.Lstat(j.Path)
	if err != nil || !os.SameFile(now, full) {
		return nil // another process was there first
	}
	return atomicfile.Rename(j.Path, j.Path+".1")
}

// Read hands every entry to each, the oldest first. damaged counts the lines that are none. A record that has not begun is
// empty.
func (j Journal) Read(each func(Entry)) (damaged int, err error) {
	for _, path := range []string{j.Path + ".1", j.Path} {
		data, err := atomicfile.Read(path, 2*j.size()+defaultSize)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return damaged, err
		}
		damaged += read(data, each)
	}
	return damaged, nil
}

// read takes whole lines.
func read(data []byte, each func(Entry)) (damaged int) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue // two found the same line without an end
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Time.IsZero() || e.Outcome == "" {
			damaged++
			continue
		}
		each(e)
	}
	return damaged
}
