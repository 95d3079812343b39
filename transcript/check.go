package transcript

import (
	"fmt"
	"unicode/utf8"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
)

// Bounds on what one record holds.
const (
	maxName    = 64      // a suite's name, the name of a check
	maxBytes   = 1 << 21 // bytes of a message, and each part of what is in it
	maxSent    = MaxRecord - 64
	maxText    = 1 << 16
	maxWords   = 1 << 12 // an error in words
	maxMembers = 1024
	codeDigits = identity.CodeDigits
)

func (h Header) check() error {
	switch {
	case len(h.Suite) > maxName:
		return fmt.Errorf("a suite's name of %d bytes, at most %d allowed", len(h.Suite), maxName)
	case !utf8.ValidString(h.Suite):
		return fmt.Errorf("the suite's name is not UTF-8")
	case len(h.Providers) > identity.MaxProviders:
		return fmt.Errorf("%d providers, at most %d allowed", len(h.Providers), identity.MaxProviders)
	}
	for _, p := range h.Providers {
		if err := valid(p.ID); err != nil {
			return err
		}
	}
	return nil
}

// check refuses records that say something impossible, or set a field that does
// not count: such a field would be a place to hide something. What it accepts can
// be encoded, and decodes to the same.
func check(r Record, timed bool) error {
	switch r := r.(type) {
	case Registered:
		return valid(r.Provider, r.User.ID)
	case Connected:
		return valid(r.Client, r.Server)
	case Closed, Delivered:
		return nil
	case Sent:
		return r.check()
	case Saw:
		return r.check()
	case Crashed:
		return valid(r.Node)
	case Saved:
		return valid(r.Node)
	case Restored:
		return valid(r.Node)
	case Clock:
		if !timed {
			return fmt.Errorf("a time in a transcript that is not timed")
		}
		return nil
	}
	return fmt.Errorf("%T is no record", r)
}

func valid(ids ...identity.ID) error {
	for _, id := range ids {
		if !id.Valid() {
			return fmt.Errorf("%q is not a valid id", id)
		}
	}
	return nil
}

func (s Sent) check() error {
	o := s.Opened
	switch {
	case len(s.Bytes) == 0 || len(s.Bytes) > maxBytes:
		return fmt.Errorf("a message of %d bytes, 1 to %d allowed", len(s.Bytes), maxBytes)
	case max(len(o.Plain), len(o.Inner)) > maxBytes:
		return fmt.Errorf("%d bytes in a message, at most %d allowed", max(len(o.Plain), len(o.Inner)), maxBytes)
	case len(s.Bytes)+len(o.Plain)+len(o.Inner) > maxSent:
		return fmt.Errorf("a message with what is in it of %d bytes, at most %d allowed", len(s.Bytes)+len(o.Plain)+len(o.Inner), maxSent)
	case o.Kind > Renewal:
		return fmt.Errorf("kind %d is unknown", o.Kind)
	case !o.Kind.hasPlain() && len(o.Plain) > 0, o.Kind != Renewal && len(o.Inner) > 0:
		return fmt.Errorf("something is opened in a message of kind %s", o.Kind)
	}
	return nil
}

func (k Kind) hasPlain() bool { return k >= Handshake && k <= Renewal }

// part is a set of the fields of Saw that only some events have.
type part uint16

const (
	partIndex part = 1 << iota
	partEpoch
	partParty
	partUpTo
	partID
	partText
	partRoster // Members, Added, Removed, Restarted
	partReason // Reason, Code
	partError  // Check, Error
)

// partsOf says which fields count for each kind of event.
var partsOf = [...]part{
	Text:        partIndex | partEpoch | partParty | partID | partText,
	Repeat:      partIndex | partEpoch | partParty | partID,
	Unreadable:  partIndex | partEpoch | partParty,
	Roster:      partIndex | partEpoch | partParty | partRoster,
	Ack:         partIndex | partParty | partUpTo,
	PeerStopped: partIndex | partParty | partUpTo,
	Ended:       partIndex | partEpoch | partReason | partError,
	Fault:       partParty | partError,
}

// parts are the fields that are set.
func (s *Saw) parts() (p part) {
	set := func(is bool, f part) {
		if is {
			p |= f
		}
	}
	set(s.Index != 0, partIndex)
	set(s.Epoch != 0, partEpoch)
	set(s.Party != "", partParty)
	set(s.UpTo != 0, partUpTo)
	set(s.ID != content.TextID{}, partID)
	set(len(s.Text) > 0, partText)
	set(len(s.Members)+len(s.Added)+len(s.Removed)+len(s.Restarted) > 0, partRoster)
	set(s.Reason != 0 || s.Code != "", partReason)
	set(s.Check != "" || s.Error != "", partError)
	return p
}

func (s *Saw) check() error {
	if s.What < Text || s.What > Fault {
		return fmt.Errorf("event of kind %d is unknown", s.What)
	}
	if other := s.parts() &^ partsOf[s.What]; other != 0 {
		return fmt.Errorf("an event of kind %s has no %s", s.What, other)
	}
	switch {
	case len(s.Text) > maxText:
		return fmt.Errorf("a text of %d bytes, at most %d allowed", len(s.Text), maxText)
	case max(len(s.Members), len(s.Added), len(s.Removed), len(s.Restarted)) > maxMembers:
		return fmt.Errorf("more than %d members", maxMembers)
	case len(s.Check) > maxName || len(s.Error) > maxWords:
		return fmt.Errorf("an error of %d and %d bytes, at most %d and %d allowed", len(s.Check), len(s.Error), maxName, maxWords)
	case !utf8.ValidString(s.Check) || !utf8.ValidString(s.Error):
		return fmt.Errorf("an error that is not UTF-8")
	case !isCode(s.Code):
		return fmt.Errorf("conversation code %q, %d digits wanted, or none", s.Code, codeDigits)
	}
	if s.Party != "" {
		if err := valid(s.Party); err != nil {
			return err
		}
	}
	for _, m := range s.Members {
		if err := valid(m.ID); err != nil {
			return err
		}
	}
	for _, ids := range [...][]identity.ID{{s.Who}, s.Added, s.Removed, s.Restarted} {
		if err := valid(ids...); err != nil {
			return err
		}
	}
	return nil
}

func isCode(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == 0 || len(s) == codeDigits
}
