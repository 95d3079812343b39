// Package identity names users and providers (SPEC.md, sections 1 and 10): ids,
// long-term keys, the provider set, and the numbers that people compare. All
// types are values.
package identity

import (
	"unicode/utf8"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

const (
	// MaxIDSize bounds an id, in bytes; MinIDSize is 1.
	MaxIDSize = 64
	// IDFieldSize is the fixed size of an id on the wire: length, bytes, zeros.
	IDFieldSize = 1 + MaxIDSize
	// MaxProviders bounds a provider set.
	MaxProviders = 16
)

// ID names a user or a provider: 1 to 64 bytes of valid UTF-8.
type ID string

// ParseID checks a name. The error is a *fault.Misuse.
func ParseID(s string) (ID, error) {
	if reason := badID(s); reason != "" {
		return "", fault.Misusef("parse id", "%q %s", s, reason)
	}
	return ID(s), nil
}

func badID(s string) string {
	switch {
	case len(s) == 0:
		return "is empty"
	case len(s) > MaxIDSize:
		return "is longer than 64 bytes"
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	}
	return ""
}

// Valid says whether id is well formed.
func (id ID) Valid() bool { return badID(string(id)) == "" }

// Field returns the id in its fixed field of 65 bytes.
func (id ID) Field() []byte {
	b := make([]byte, IDFieldSize)
	b[0] = byte(len(id))
	copy(b[1:], id)
	return b
}

// ReadID reads a fixed id field: check W2.
func ReadID(r *wire.Reader, field string) ID {
	var b [IDFieldSize]byte
	r.Fixed(field, b[:])
	if r.Failed() {
		return ""
	}
	n := int(b[0])
	if n > MaxIDSize {
		r.Refute(fault.W2, field, "id of %d bytes", n)
		return ""
	}
	for _, pad := range b[1+n:] {
		if pad != 0 {
			r.Refute(fault.W2, field, "id is not padded with zeros")
			return ""
		}
	}
	id := string(b[1 : 1+n])
	if reason := badID(id); reason != "" {
		r.Refute(fault.W2, field, "id %s", reason)
		return ""
	}
	return ID(id)
}

// ReadPoint reads a public key and checks it where it is received: check W3.
func ReadPoint(r *wire.Reader, s suite.Suite, field string) suite.Point {
	p := wire.Array32[suite.Point](r, field)
	if !r.Failed() {
		if err := s.CheckPoint(p); err != nil {
			r.Refute(fault.W3, field, "%v", err)
		}
	}
	return p
}

// Party is an id with its long-term public key.
type Party struct {
	ID  ID
	Key suite.Point
}

// Self is a party that holds its secret: a user or a provider itself. In a
// forger's suite Secret is only a name.
type Self struct {
	ID     ID
	Key    suite.Point
	Secret suite.Scalar
}

// NewSelf makes a long-term key from 32 secret random bytes.
func NewSelf(s suite.Suite, id ID, random [32]byte) (Self, error) {
	if !id.Valid() {
		_, err := ParseID(string(id))
		return Self{}, err
	}
	secret := suite.Scalar(s.KDF("long-term key", 32, random[:]))
	return Self{id, s.Public(secret), secret}, nil
}

// Party returns the public part.
func (s Self) Party() Party { return Party{s.ID, s.Key} }

// Providers is a provider set: the router first, then its mirrors.
type Providers struct{ list []Party }

// NewProviders checks a provider set: one router, at least one mirror, each with
// its own id and key. The error is a *fault.Misuse.
func NewProviders(s suite.Suite, list ...Party) (Providers, error) {
	if len(list) < 2 {
		return Providers{}, fault.Misusef("provider set", "%d providers: one router and at least one mirror are needed", len(list))
	}
	return UnsafeProviders(s, list...)
}

// UnsafeProviders is NewProviders without the demand for a mirror. With a single
// provider nobody notices a fork: it is there for tests that show just that.
func UnsafeProviders(s suite.Suite, list ...Party) (Providers, error) {
	if len(list) < 1 || len(list) > MaxProviders {
		return Providers{}, fault.Misusef("provider set", "%d providers, 1 to %d allowed", len(list), MaxProviders)
	}
	for i, p := range list {
		if !p.ID.Valid() {
			return Providers{}, fault.Misusef("provider set", "provider %d: id %q %s", i, p.ID, badID(string(p.ID)))
		}
		if err := s.CheckPoint(p.Key); err != nil {
			return Providers{}, fault.Misusef("provider set", "provider %q: %v", p.ID, err)
		}
		for _, q := range list[:i] {
			if p.ID == q.ID || p.Key == q.Key {
				return Providers{}, fault.Misusef("provider set", "providers %q and %q are not distinct", q.ID, p.ID)
			}
		}
	}
	return Providers{append([]Party(nil), list...)}, nil
}

// Len is the number of providers; At(0) is the router.
func (p Providers) Len() int { return len(p.list) }

// At returns provider i in the order of the set.
func (p Providers) At(i int) Party { return p.list[i] }

// Index returns the position of a provider, or -1.
func (p Providers) Index(id ID) int {
	for i, q := range p.list {
		if q.ID == id {
			return i
		}
	}
	return -1
}

// Digest binds the whole set, in order, into each SETUP and UPDATE.
func (p Providers) Digest(s suite.Suite) suite.Hash {
	fields := make([][]byte, 0, 2*len(p.list))
	for _, q := range p.list {
		fields = append(fields, q.ID.Field(), q.Key[:])
	}
	return s.Hash("provider set", fields...)
}
