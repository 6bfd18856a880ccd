package cache_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/cache"
)

func TestList(t *testing.T) {
	d := newDir(t)
	if infos, err := d.List(); err != nil || len(infos) != 0 {
		t.Errorf("List before first use = %v, %v, want nothing", infos, err)
	}
	other := cache.Key{7}
	mustPut(t, d, testKey, entry("x"))
	mustPut(t, d, other, entry("y"))
	plant(t, d, []byte("damaged"))
	mustAcquire(t, d).End(nil)
	if err := os.WriteFile(filepath.Join(d.Path, "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.SealingKey = func(context.Context, bool) ([]byte, error) { t.Error("the key was asked for"); return nil, nil }
	d.Now = func() time.Time { return testNow().AddDate(1, 0, 0) } // the expired are listed too
	infos, err := d.List()
	if err != nil || len(infos) != 2 {
		t.Fatalf("List = %v, %v, want two entries", infos, err)
	}
	for _, i := range infos {
		switch i.Name {
		case other.Name():
			if i.Fault != nil || i.KeyID != "3eb1bd439947eb76" || i.Expires != entry("").Expires {
				t.Errorf("Info = %+v", i)
			}
		case testKey.Name():
			if i.Fault == nil || !strings.Contains(i.Fault.Error(), "not an entry") {
				t.Errorf("Info of a damaged entry = %+v, want a fault", i)
			}
		default:
			t.Errorf("List has %s", i.Name)
		}
	}
}

func TestDelete(t *testing.T) {
	d := newDir(t)
	for range 2 { // what is not there is as good as forgotten
		if n, err := d.Delete(testKey); err != nil || n != 0 {
			t.Fatalf("Delete = %d, %v", n, err)
		}
		if err := d.DeleteAll(); err != nil {
			t.Fatal(err)
		}
	}
	keys := []cache.Key{{1}, {2}, {3}}
	for _, k := range keys {
		mustPut(t, d, k, entry(fmt.Sprint(k[0])))
	}
	if n, err := d.Delete(keys[1]); err != nil || n != 1 {
		t.Fatalf("Delete = %d, %v", n, err)
	}
	wantValue(t, d, keys[0], "1")
	wantValue(t, d, keys[2], "3")
	plant(t, d, []byte("damaged"))
	foreign := filepath.Join(d.Path, "README")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteAll(); err != nil {
		t.Fatal(err)
	}
	if infos, err := d.List(); err != nil || len(infos) != 0 {
		t.Errorf("List after DeleteAll = %v, %v, want nothing", infos, err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("DeleteAll removed a file that is no entry: %v", err)
	}
}

// TestMadeFrom: what is made from an entry goes with it, whether that is there or not, and is tidied and locked like any other.
func TestMadeFrom(t *testing.T) {
	d := newDir(t)
	source, other := cache.Key{1}, cache.Key{2}
	mustPut(t, d, testKey, entry("its own"))
	mustPut(t, d.MadeFrom(source), testKey, entry("made"))
	mustPut(t, d.MadeFrom(source).MadeFrom(testKey), testKey, entry("made of that"))
	mustPut(t, d.MadeFrom(other), testKey, entry("another's"))
	wantValue(t, d, testKey, "its own")
	wantValue(t, d.MadeFrom(source), testKey, "made")
	lock := mustAcquire(t, d.MadeFrom(source).MadeFrom(source))
	if d.MadeFrom(source).MadeFrom(source).Claim(testKey, time.Hour) || !d.Claim(testKey, time.Hour) {
		t.Error("entries of two sources share a lock")
	}
	lock.End(nil)
	if infos, err := d.List(); err != nil || len(infos) != 4 {
		t.Errorf("List = %v, %v, want four entries", infos, err)
	}
	if n, err := d.Delete(source); err != nil || n != 2 {
		t.Errorf("Delete = %d, %v, want 2", n, err)
	}
	wantValue(t, d, testKey, "its own")
	wantValue(t, d.MadeFrom(other), testKey, "another's")
	if n, err := d.MadeFrom(other).Delete(testKey); err != nil || n != 1 {
		t.Errorf("Delete = %d, %v, want 1", n, err)
	}
}

// TestTidy makes days pass: what expired a day ago goes, unless somebody is about to replace it.
func TestTidy(t *testing.T) {
	c := &clock{at: testNow()}
	d := newDir(t)
	d.Now = c.now
	put := func(key cache.Key, life time.Duration) {
		mustPut(t, d, key, cache.Entry{Value: []byte("x"), Stored: c.at, Expires: c.at.Add(life)})
	}
	want := func(what string, keys ...cache.Key) {
		t.Helper()
		var got, names []string
		infos, err := d.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range infos {
			got = append(got, i.Name)
		}
		for _, k := range keys {
			names = append(names, k.Name())
		}
		slices.Sort(names)
		if !slices.Equal(got, names) {
			t.Errorf("%s: entries = %v, want %v", what, got, names)
		}
	}
	short, locked, long, newer, last := cache.Key{1}, cache.Key{2}, cache.Key{3}, cache.Key{4}, cache.Key{5}
	put(short, time.Hour)
	put(locked, time.Hour)
	put(long, 72*time.Hour)
	c.at = testNow().Add(23 * time.Hour)
	put(newer, time.Hour)
	want("less than a day later", short, locked, long, newer)

	_, lock, err := d.Acquire(t.Context(), locked, anything)
	if err != nil {
		t.Fatal(err)
	}
	c.at = testNow().Add(26 * time.Hour)
	put(last, time.Hour)
	want("a day later", locked, long, newer, last)

	lock.End(nil)
	c.at = testNow().Add(51 * time.Hour)
	put(last, time.Hour)
	want("two days later", long, last)
	if locks, err := filepath.Glob(filepath.Join(d.Path, "locks", "*.lock")); err != nil || len(locks) == 0 {
		t.Errorf("locks = %v, %v, want them kept", locks, err)
	}
}
