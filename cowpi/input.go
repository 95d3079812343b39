package cowpi

import (
	"slices"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Input is one of the types below: what the network, the clock or the
// application brings.
type Input interface{ apply(*step) error }

// LinkUp: the network connected us to a provider, by its position in the set. A
// link carries messages whole and in order, both ways. One that was up is replaced.
type LinkUp struct{ Provider int }

// LinkDown: the link to a provider is gone.
type LinkDown struct{ Provider int }

// Received: one message from a provider.
type Received struct {
	Provider int
	Bytes    []byte
}

// Tick: time has passed.
type Tick struct{}

// Create begins a conversation with others. Created or OperationFailed follows.
type Create struct{ With []identity.ID }

// Send hands over a text. It is shown, to us as to everybody, when it has its
// place; until then it waits in the outbox, also across restarts and new epochs.
type Send struct {
	Sid  suite.Hash
	Text []byte
}

// Update changes who is in a conversation: adds, removes, and restarts (staying
// but with fresh keys, for one that stopped or fears to have been read; oneself
// too). It is kept as an intent: if another UPDATE comes first, what is left of it
// is applied to the new roster. One at a time.
type Update struct {
	Sid                  suite.Hash
	Add, Remove, Restart []identity.ID
}

// Leave ends one's own part in a conversation.
type Leave struct{ Sid suite.Hash }

// ReleaseTexts lets texts go out that TextsHeld has reported.
type ReleaseTexts struct{ Sid suite.Hash }

// DiscardTexts takes back texts that are not on their way yet; no ids: all such.
type DiscardTexts struct {
	Sid suite.Hash
	IDs []content.TextID
}

// DecideKey answers KeyChanged: accept the offered key, or not.
type DecideKey struct {
	User   identity.ID
	Key    suite.Point
	Accept bool
}

// MarkVerified records that the user's key was compared by people, or by the
// shared-secret check of package identity.
type MarkVerified struct {
	User identity.ID
	Key  suite.Point
}

// ReplaceStock withdraws all prekeys in stock and uploads new ones: after a
// suspected compromise.
type ReplaceStock struct{}

// RenewChannels makes new channel keys with every provider.
type RenewChannels struct{}

// UnsafeSay, for tests and games, is what a corrupt participant says to a provider
// out of turn. It says nothing while the link is not up.
type UnsafeSay struct {
	Provider int
	Message  exchange.Message
}

func (in UnsafeSay) apply(s *step) error {
	if err := s.provider("say", in.Provider); err != nil {
		return err
	}
	return s.say(in.Provider, in.Message)
}

func (s *step) provider(op string, i int) error {
	if i < 0 || i >= s.providers.Len() {
		return fault.Misusef(op, "provider %d of %d", i, s.providers.Len())
	}
	return nil
}

func (in LinkUp) apply(s *step) error {
	if err := s.provider("link up", in.Provider); err != nil {
		return err
	}
	return s.linkUp(in.Provider)
}

func (in LinkDown) apply(s *step) error {
	if err := s.provider("link down", in.Provider); err != nil {
		return err
	}
	s.linkDown(in.Provider)
	return nil
}

func (in Received) apply(s *step) error {
	if err := s.provider("received", in.Provider); err != nil {
		return err
	}
	return s.received(in.Provider, in.Bytes)
}

func (Tick) apply(s *step) error { return s.tick() }

func (in Create) apply(s *step) error {
	ids := slices.Clone(in.With)
	slices.Sort(ids)
	if err := s.checkIDs("create", ids); err != nil {
		return err
	}
	if slices.Contains(ids, s.self.ID) {
		return fault.Misusef("create", "%q is ourselves", s.self.ID)
	}
	return s.create(ids)
}

func (in Send) apply(s *step) error {
	c, err := s.active("send", in.Sid)
	if err != nil {
		return err
	}
	if len(in.Text) > content.MaxText {
		return fault.Misusef("send", "text of %d bytes, at most %d allowed", len(in.Text), content.MaxText)
	}
	coin := s.coin("text id")
	c.Texts++
	s.putText(in.Sid, c.Texts, queued{Text: Text{content.TextID(coin[:16]), in.Text}})
	s.putLocal(in.Sid, c)
	s.due[in.Sid] = true
	return nil
}

func (in Update) apply(s *step) error {
	if _, err := s.active("update", in.Sid); err != nil {
		return err
	}
	return s.plan(in)
}

func (in Leave) apply(s *step) error {
	if _, err := s.active("leave", in.Sid); err != nil {
		return err
	}
	s.planLeave(in.Sid)
	return nil
}

func (in ReleaseTexts) apply(s *step) error {
	c, err := s.active("release texts", in.Sid)
	if err != nil {
		return err
	}
	c.HeldTexts = false
	s.putLocal(in.Sid, c)
	s.due[in.Sid] = true
	return nil
}

func (in DiscardTexts) apply(s *step) error {
	c, err := s.active("discard texts", in.Sid)
	if err != nil {
		return err
	}
	var gone []Text
	err = s.eachText(in.Sid, func(n uint64, q queued) {
		if !q.Written && (len(in.IDs) == 0 || slices.Contains(in.IDs, q.ID)) {
			gone = append(gone, q.Text)
			s.draft.Delete(textKey(in.Sid, n))
		}
	})
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		s.emit(Discarded{in.Sid, gone})
	}
	left, err := s.unwritten(in.Sid)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		c.HeldTexts = false
	}
	s.putLocal(in.Sid, c)
	s.due[in.Sid] = true
	return nil
}

func (in DecideKey) apply(s *step) error    { return s.decideKey(in) }
func (in MarkVerified) apply(s *step) error { return s.markVerified(in) }
func (ReplaceStock) apply(s *step) error    { return s.replaceStock() }
func (RenewChannels) apply(s *step) error   { return s.renewChannels() }

// checkIDs wants well-formed ids in strictly ascending order.
func (s *step) checkIDs(op string, sorted []identity.ID) error {
	for i, id := range sorted {
		if !id.Valid() {
			return fault.Misusef(op, "id %q is not valid", id)
		}
		if i > 0 && sorted[i-1] == id {
			return fault.Misusef(op, "%q twice", id)
		}
	}
	return nil
}

// active returns the local state of a conversation that we take part in.
func (s *step) active(op string, sid suite.Hash) (local, error) {
	c, err := s.local(sid)
	if err != nil {
		return c, err
	}
	if c.Phase != phaseActive {
		return c, fault.Misusef(op, "we do not take part in conversation %x", sid[:4])
	}
	return c, nil
}
