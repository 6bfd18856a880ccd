package kept

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"credmint/cache"
	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/awsconfig"
	"credmint/helper/filename"
	"credmint/keychain"
)

// The names of what the keychain keeps, and of what its index says about an access key or a seed.
const (
	KeyPrefix   = "aws/"  // and the profile's name
	SeedPrefix  = "totp/" // see SeedItem
	sealingItem = "cache-key"

	AboutID      = "access_key_id"
	AboutAccount = "account"
	AboutARN     = "arn"
	AboutSerial  = "serial"  // of the MFA device
	AboutCreated = "created" // RFC 3339
)

// lockWait is how much of a program's call a process may wait for another one that mints the same session.
const lockWait = 40 * time.Second

// World is where things are kept. What it opens, it opens when it is first asked for, and once.
type World struct {
	Getenv  func(string) string
	Now     func() time.Time
	OS      keychain.Store                        // the OS keychain; nil: there is none to be asked
	Greet   func()                                // tells it that it is about to be asked; may be nil
	Other   func(dir, name string) keychain.Store // the stores of other names, by the data directory; nil: none
	NewLock func(path string) atomicfile.Lock     // on a file; nil: nothing is written from here
	Random  io.Reader                             // for a new key, where one may be written
	Choice  string                                // which keychain, when a person named one
	Wait    time.Duration                         // for a process that mints the same session; zero: within a program's call

	keychain *keychain.Keychain
	config   *awsconfig.Config
	sealing  []byte
	ahead    <-chan []byte // gives the sealing key that AskAhead asks for, or nil
	taken    taken         // what was waited for before main
	waited   time.Duration // and how long
}

// Home is the user's, and empty where nothing says where that is: files are then looked for nowhere. A relative one says
// so little: what lies in the directory where a program was started is not the user's.
func Home() string {
	dir, err := os.UserHomeDir()
	if err != nil || !filename.IsAbs(dir) {
		return ""
	}
	return dir
}

// CacheDir is where things are kept that can be made again.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if !filename.IsAbs(base) {
		return "", fmt.Errorf("%s is not an absolute path", base)
	}
	return filename.Join(base, "credmint"), nil
}

// DataDir is where the index of the keychain is, and the file keychain.
func (w *World) DataDir() (string, error) {
	var base string
	switch runtime.GOOS {
	case "windows":
		base = w.Getenv("LocalAppData")
	case "darwin":
		base = filename.Join(Home(), "Library", "Application Support")
	default:
		if base = w.Getenv("XDG_DATA_HOME"); base == "" {
			base = filename.Join(Home(), ".local", "share")
		}
	}
	if !filename.IsAbs(base) {
		return "", errors.New("there is no home directory: HOME is not set")
	}
	return filename.Join(base, "credmint"), nil
}

// Keychain opens the chosen store of secrets; nothing is asked of it yet.
func (w *World) Keychain() (*keychain.Keychain, error) {
	if w.keychain != nil {
		return w.keychain, nil
	}
	dir, err := w.DataDir()
	if err != nil {
		return nil, err
	}
	choice := w.Choice
	if choice == "" {
		choice = w.Getenv("CREDMINT_KEYCHAIN")
	}
	o := keychain.Options{Dir: dir, Choice: choice, OS: w.OS, Greet: w.Greet, NewLock: w.NewLock}
	if w.Other != nil {
		o.Other = func(name string) keychain.Store { return w.Other(dir, name) }
	}
	k, err := keychain.Open(o)
	if err != nil {
		return nil, err
	}
	w.keychain = k
	return k, nil
}

// Config reads the shared AWS files.
func (w *World) Config() (*awsconfig.Config, error) {
	if w.config != nil {
		return w.config, nil
	}
	config, err := awsconfig.Load(w.Getenv, Home())
	w.config = config
	return config, err
}

// Reload makes Config read the shared AWS files again, after one was edited.
func (w *World) Reload() { w.config = nil }

// Retry makes a keychain that could not be used be asked again, by a process that has been at it for a while.
func (w *World) Retry() {
	if w.keychain != nil {
		w.keychain.Retry()
	}
}

// LoadConfig reads the shared AWS files again.
func (w *World) LoadConfig() (*awsconfig.Config, error) {
	w.Reload()
	return w.Config()
}

// Profile resolves a name; empty is $AWS_PROFILE, else "default".
func (w *World) Profile(name string) (*helper.Profile, error) {
	config, err := w.Config()
	if err != nil {
		return nil, err
	}
	return config.Profile(w.ProfileName(name), w.KeyRef)
}

// ProfileName is the profile that is meant by a name that may be empty.
func (w *World) ProfileName(name string) string {
	if name == "" {
		name = w.Getenv("AWS_PROFILE")
	}
	if name == "" {
		name = "default"
	}
	return name
}

// KeyRef learns from the index which access key a profile has; the keychain itself is not asked.
func (w *World) KeyRef(profile string) (helper.KeyRef, bool, error) {
	k, err := w.Keychain()
	if err != nil {
		return helper.KeyRef{}, false, err
	}
	about, err := k.About(KeyPrefix + profile)
	if errors.Is(err, keychain.ErrNotFound) {
		return helper.KeyRef{}, false, nil
	}
	return helper.KeyRef{
		Place: helper.InKeychain, Profile: profile,
		ID: about[AboutID], AccountID: about[AboutAccount], UserARN: about[AboutARN],
	}, err == nil, err
}

// Unlisted are the names that the keychain's index does not have.
func Unlisted() []string { return []string{sealingItem} }

// SeedItem is where the seed of an MFA device is. A serial may be longer than the name of an item.
func SeedItem(serial string) string {
	if len(serial) <= 100 {
		return SeedPrefix + serial
	}
	sum := sha256.Sum256([]byte(serial))
	return SeedPrefix + hex.EncodeToString(sum[:])
}

// HasSeed learns from the index whether the seed of an MFA device is kept; the keychain itself is not asked.
func (w *World) HasSeed(serial string) bool {
	k, err := w.Keychain()
	if err != nil || serial == "" {
		return false
	}
	_, err = k.About(SeedItem(serial))
	return err == nil
}

// Unattended reports whether a profile's session can be renewed with no person there: one whose MFA device has its seed
// here can.
func (w *World) Unattended(p *helper.Profile) bool {
	return !p.Attended() || !p.Confirm && w.HasSeed(p.MFASerial)
}

// Sessions is where sessions are kept between runs.
func (w *World) Sessions() Sessions {
	dir, err := CacheDir()
	if err != nil {
		return Sessions{broken: fmt.Errorf("sessions are not kept: %w", err)}
	}
	return Sessions{taken: &w.taken, Dir: cache.Dir{
		Path: filename.Join(dir, "sessions"), SealingKey: w.sealingKey, OpeningKey: w.openingKey, NewLock: w.NewLock, Now: w.Now,
		Wait: cmp.Or(w.Wait, lockWait),
	}}
}
