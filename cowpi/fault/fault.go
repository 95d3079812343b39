// Package fault holds the three families of errors of this library, which
// never mix:
//
//   - [Misuse]: the caller asked for something that the API or the state does
//     not allow. Nothing was sent, nothing changed.
//   - [Evidence]: somebody else, a peer or a provider, sent what SPEC.md forbids.
//     It carries the number of the broken check and the bytes that show it, so
//     that the refusal can be replayed.
//   - [Bug]: this library broke one of its own invariants.
//
// All are values: safe to copy, to compare with errors.As, and to share.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Misuse reports a call that the state or the API does not allow.
type Misuse struct {
	Op   string // what was called, for example "send"
	What string // what is wrong with it
}

func (m *Misuse) Error() string { return "cowpi: misuse: " + m.Op + ": " + m.What }

// Misusef builds a *Misuse.
func Misusef(op, format string, args ...any) error {
	return &Misuse{Op: op, What: fmt.Sprintf(format, args...)}
}

// Bug reports a broken invariant of this library.
type Bug struct{ What string }

func (b *Bug) Error() string { return "cowpi: bug: " + b.What }

// Bugf builds a *Bug.
func Bugf(format string, args ...any) error { return &Bug{What: fmt.Sprintf(format, args...)} }

// Role says in which part somebody is accused.
type Role uint8

// The roles. RoleProviders and RoleAuthor stand where no more can be told.
const (
	RoleUnknown Role = iota
	RoleUser
	RoleProvider
	RoleProviders // at least one of the providers; which one cannot be told
	RoleAuthor    // the author, or every provider together
)

func (r Role) String() string {
	switch r {
	case RoleUser:
		return "user"
	case RoleProvider:
		return "provider"
	case RoleProviders:
		return "providers"
	case RoleAuthor:
		return "author"
	}
	return "unknown"
}

// Party is who is accused: a role and, where it can be told, an id.
type Party struct {
	Role Role
	ID   string
}

func (p Party) String() string {
	if p.ID == "" {
		return p.Role.String()
	}
	return p.Role.String() + " " + fmt.Sprintf("%q", p.ID)
}

// Exhibit is one piece of evidence: a name and the bytes.
type Exhibit struct {
	Name  string
	Bytes []byte
}

// Evidence reports a broken check of SPEC.md, section 11, by somebody else.
type Evidence struct {
	Check    Check     // which check
	Who      Party     // who broke it, as far as can be told
	Where    string    // conversation, index, connection; "" if it has no place
	What     string    // in words, for people
	Exhibits []Exhibit // what is needed to replay the check
	Err      error     // the cause, when a lower layer has one
}

func (e *Evidence) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cowpi: check %s failed", e.Check)
	if e.Who != (Party{}) {
		fmt.Fprintf(&b, " (%s)", e.Who)
	}
	if e.Where != "" {
		b.WriteString(" at " + e.Where)
	}
	if e.What != "" {
		b.WriteString(": " + e.What)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Evidence) Unwrap() error { return e.Err }

// Refute builds an *Evidence without exhibits; layers above add who and where.
func Refute(c Check, format string, args ...any) *Evidence {
	return &Evidence{Check: c, What: fmt.Sprintf(format, args...)}
}

// Blame returns err with who and where filled in where they are still empty.
// Errors that are not Evidence are returned as they are.
func Blame(err error, who Party, where string, exhibits ...Exhibit) error {
	var e *Evidence
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	if named.Who == (Party{}) {
		named.Who = who
	}
	if named.Where == "" {
		named.Where = where
	}
	named.Exhibits = append(append([]Exhibit(nil), e.Exhibits...), exhibits...)
	return &named
}

// CheckOf returns the number of the broken check in err, or "".
func CheckOf(err error) Check {
	var e *Evidence
	if errors.As(err, &e) {
		return e.Check
	}
	return ""
}
