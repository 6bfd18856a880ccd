package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/keychain"
)

// rotatePrefix begins the names of rotations that are under way, before the profile's.
const rotatePrefix = "rotate/"

// rotateRecord is what the keychain keeps of a rotation, from before IAM is first asked for anything until the old key is
// deleted. It holds both keys, and what is written tells whoever comes after a crash how far the last one came:
//
//	nothing   the rotation has not begun
//	Old       IAM may have made a key whose secret is lost: one that is not among Known
//	New       the new key is safe; the profile has either
//	Retired   the profile has the new key, and the old one is deactivated
type rotateRecord struct {
	helper.Unprinted

	Began   time.Time  `json:"began"` // UTC, as all times here
	Known   []string   `json:"known"` // ids of the keys IAM had then
	Old     keyRecord  `json:"old"`
	New     *keyRecord `json:"new,omitempty"`
	Retired time.Time  `json:"retired,omitzero"`
}

func (r *rotateRecord) begun() bool   { return r.Old.ID != "" }
func (r *rotateRecord) retired() bool { return !r.Retired.IsZero() }

// rotationOf reads the record of a profile's rotation; where none has begun it is empty.
func (a *app) rotationOf(ctx context.Context, name string) (*rotateRecord, error) {
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	value, err := k.Get(ctx, rotatePrefix+name)
	if errors.Is(err, keychain.ErrNotFound) {
		return &rotateRecord{}, nil
	}
	record := &rotateRecord{}
	if err == nil && (json.Unmarshal(value, record) != nil || !record.begun()) {
		err = keychain.ErrCorrupt
	}
	if err != nil {
		return nil, fmt.Errorf("profile %q: read how far its rotation came: %w", name, err)
	}
	return record, nil
}

// save writes the record, and the keychain reads it back.
func (r *rotation) save(ctx context.Context) error {
	value, err := json.Marshal(r.record)
	if err != nil {
		return err
	}
	if err := r.keychain.Set(ctx, rotatePrefix+r.name, value, map[string]string{kept.AboutID: r.record.Old.ID}); err != nil {
		return fmt.Errorf("profile %q: keep how far its rotation came: %w", r.name, err)
	}
	return nil
}
