package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/testdata/scripts"
)

func dirOf(name string) string { return filepath.Dir(name) }

// keyFile is a file of long-term keys: the public ones of everybody, and the
// secrets of those whose secrets are known.
type keyFile struct {
	Suite     string     `json:"suite"`
	Providers []keyEntry `json:"providers"`
	Users     []keyEntry `json:"users"`
}

type keyEntry struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Secret string `json:"secret,omitempty"`
}

func (e keyEntry) self() (self identity.Self, known bool, err error) {
	id, err := identity.ParseID(e.ID)
	if err != nil {
		return self, false, err
	}
	self.ID = id
	if err := unhex(self.Key[:], e.Key); err != nil {
		return self, false, fmt.Errorf("key of %q: %w", e.ID, err)
	}
	if err := suite.Default.CheckPoint(self.Key); err != nil {
		return self, false, fmt.Errorf("key of %q: %w", e.ID, err)
	}
	if e.Secret == "" {
		return self, false, nil
	}
	if err := unhex(self.Secret[:], e.Secret); err != nil {
		return self, false, fmt.Errorf("secret of %q: %w", e.ID, err)
	}
	if suite.Default.Public(self.Secret) != self.Key {
		return self, false, fmt.Errorf("secret of %q: it does not belong to the key", e.ID)
	}
	return self, true, nil
}

func unhex(to []byte, s string) error {
	b, err := hex.DecodeString(s)
	if err == nil && len(b) != len(to) {
		err = fmt.Errorf("%d bytes, %d wanted", len(b), len(to))
	}
	copy(to, b)
	return err
}

// knowledge is what a key file says.
type knowledge struct {
	public  simulator.Public
	secrets simulator.World // of those that are known
}

func (k keyFile) read() (out knowledge, err error) {
	if k.Suite != suite.Default.Name() {
		return out, fmt.Errorf("keys of suite %q, only %q is known here", k.Suite, suite.Default.Name())
	}
	out.public.Suite, out.secrets.Suite = suite.Default, suite.Default
	for _, list := range []struct {
		from   []keyEntry
		public *[]identity.Party
		secret *[]identity.Self
	}{{k.Providers, &out.public.Providers, &out.secrets.Providers}, {k.Users, &out.public.Users, &out.secrets.Users}} {
		for _, e := range list.from {
			self, known, err := e.self()
			if err != nil {
				return out, err
			}
			*list.public = append(*list.public, self.Party())
			if known {
				*list.secret = append(*list.secret, self)
			}
		}
	}
	return out, nil
}

// all says whether every secret is known.
func (k knowledge) all() bool {
	return len(k.secrets.Users) == len(k.public.Users) && len(k.secrets.Providers) == len(k.public.Providers)
}

func readKeys(c *cobra.Command, name string) (knowledge, error) {
	b, err := whole(c, name)
	if err != nil {
		return knowledge{}, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var k keyFile
	if err := d.Decode(&k); err != nil {
		return knowledge{}, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return knowledge{}, fmt.Errorf("%s: there is something after the keys", name)
	}
	out, err := k.read()
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// fileOf writes down a world, with the secrets that keep wants.
func fileOf(w simulator.World, keep func(id string) bool) keyFile {
	entry := func(s identity.Self) keyEntry {
		e := keyEntry{ID: string(s.ID), Key: hex.EncodeToString(s.Key[:])}
		if keep(e.ID) {
			e.Secret = hex.EncodeToString(s.Secret[:])
		}
		return e
	}
	k := keyFile{Suite: suite.Default.Name()}
	for _, s := range w.Providers {
		k.Providers = append(k.Providers, entry(s))
	}
	for _, s := range w.Users {
		k.Users = append(k.Users, entry(s))
	}
	return k
}

// readScript reads a script; without a name, the paper's examples.
func readScript(c *cobra.Command, name string) (script.Script, error) {
	text := scripts.Default()
	if name != "" {
		b, err := whole(c, name)
		if err != nil {
			return script.Script{}, err
		}
		text = string(b)
	}
	s, err := script.Parse(text)
	if err != nil {
		return s, fmt.Errorf("script %s: %w", name, err)
	}
	return s, nil
}

// coins returns 32 random bytes, or some that follow from a seed that was asked for.
func coins(seed uint64, what string) (b [32]byte) {
	if seed == 0 {
		_, _ = rand.Read(b[:]) // never fails
		return b
	}
	return suite.Default.Hash("seed on the command line", fmt.Appendf(nil, "%d %s", seed, what))
}

// keysMade is what keys says with --json if the keys, which are JSON themselves, go
// to a file.
type keysMade struct {
	Out       string `json:"out"`
	Providers int    `json:"providers"`
	Users     int    `json:"users"`
	Secrets   int    `json:"secrets"` // how many of them all are in the file
}

func (k keyFile) made(out string) keysMade {
	m := keysMade{Out: out, Providers: len(k.Providers), Users: len(k.Users)}
	for _, e := range slices.Concat(k.Providers, k.Users) {
		if e.Secret != "" {
			m.Secrets++
		}
	}
	return m
}

func keysCommand() *cobra.Command {
	var scriptName, out, from, only string
	var seed uint64
	var json bool
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make long-term keys for everybody in a script, or take secrets out of a file of keys",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var w simulator.World
			keep := func(string) bool { return true }
			if from != "" {
				k, err := readKeys(c, from)
				if err != nil {
					return err
				}
				if !k.all() {
					return fmt.Errorf("%s does not hold all secrets", from)
				}
				w, keep = k.secrets, func(id string) bool { return id == only }
				if _, ok := w.Self(identity.ID(only)); only != "" && !ok {
					return fmt.Errorf("%q is not in %s", only, from)
				}
			} else {
				s, err := readScript(c, scriptName)
				if err != nil {
					return err
				}
				if w, err = simulator.NewWorld(suite.Default, s, coins(seed, "keys")); err != nil {
					return err
				}
			}
			k := fileOf(w, keep)
			err := written(c, out, func(w io.Writer) error { return asJSON(w, k) })
			if err != nil || !json || out == "-" {
				return err
			}
			return asJSON(c.OutOrStdout(), k.made(out))
		},
	}
	c.Flags().StringVar(&scriptName, "script", "", "the script; without it, the paper's examples")
	c.Flags().StringVarP(&out, "out", "o", "-", "where the keys go")
	c.Flags().StringVar(&from, "from", "", "take the keys of this file, without its secrets")
	c.Flags().StringVar(&only, "only", "", "with --from: keep the secret of this user or provider")
	c.Flags().Uint64Var(&seed, "seed", 0, "make the same keys every time (for tests); 0: random")
	c.Flags().BoolVar(&json, "json", false, "say in JSON what was written to a file; keys are JSON anyway")
	return c
}
