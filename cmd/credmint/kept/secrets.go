package kept

import "context"

// Secrets is the keychain, opened when a secret is first asked for.
type Secrets struct{ World *World }

// Get is keychain.Keychain's.
func (s Secrets) Get(ctx context.Context, name string) ([]byte, error) {
	k, err := s.World.Keychain()
	if err != nil {
		return nil, err
	}
	return k.Get(ctx, name)
}

// Update is keychain.Keychain's.
func (s Secrets) Update(ctx context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	k, err := s.World.Keychain()
	if err != nil {
		return err
	}
	return k.Update(ctx, name, change)
}

// About is what the index says of the names that begin with prefix; the keychain is not asked.
func (s Secrets) About(prefix string) ([]map[string]string, error) {
	k, err := s.World.Keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(prefix)
	var abouts []map[string]string
	for _, e := range entries {
		abouts = append(abouts, e.About)
	}
	return abouts, err
}

// Names are those of the index that begin with prefix: the keychain is not asked.
func (s Secrets) Names(prefix string) ([]string, error) {
	k, err := s.World.Keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(prefix)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	return names, err
}
