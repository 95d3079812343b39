package cowpi

import (
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Event is something that happened, for the application. Numbers start at 1 and
// have no gaps; the caller stores events with the records of their step, so that
// each is seen once however often the process restarts.
type Event struct {
	Number uint64
	Body   EventBody
}

// EventBody is one of the types below.
type EventBody interface{ event() }

// Text is a text and the id that it keeps for ever.
type Text struct {
	ID   content.TextID
	Text []byte
}

// Shown: a text has its place in the conversation, for everybody the same.
type Shown struct {
	Sid    suite.Hash
	Index  uint64
	Epoch  uint32
	Author identity.ID
	Text   Text
}

// Unreadable: the author sent something that opens for nobody (check C2).
type Unreadable struct {
	Sid    suite.Hash
	Index  uint64
	Epoch  uint32
	Author identity.ID
}

// Repeated: the author sent a text again that was shown before (check C3).
type Repeated struct {
	Sid    suite.Hash
	Index  uint64
	Epoch  uint32
	Author identity.ID
	ID     content.TextID
}

// Member is a participant as an application sees it.
type Member struct {
	ID     identity.ID
	Key    suite.Point
	Joined uint32
}

// RosterChanged: the conversation began (Index 0), or somebody joined, left, was
// removed or restarted. By is who did it. In Removed, By itself means it left.
type RosterChanged struct {
	Sid       suite.Hash
	Index     uint64
	Epoch     uint32
	By        identity.ID
	Members   []Member
	Added     []identity.ID // for one who joins by this: itself only
	Removed   []identity.ID
	Restarted []identity.ID
}

// Acked: a participant has processed the conversation up to an index.
type Acked struct {
	Sid         suite.Hash
	Index       uint64 // of the upload that says so
	Participant identity.ID
	UpTo        uint64
}

// PeerStopped: a participant says that it stopped, after UpTo.
type PeerStopped struct {
	Sid         suite.Hash
	Index       uint64
	Participant identity.ID
	UpTo        uint64
}

// EndReason is why a conversation ended for this participant.
type EndReason uint8

// The reasons.
const (
	EndStopped  EndReason = 1 // somebody broke a check, or a key was rejected: see Err
	EndRemoved  EndReason = 2 // somebody removed us
	EndLeft     EndReason = 3 // we left
	EndDeclined EndReason = 4 // an invitation that breaks a check or was rejected
)

func (r EndReason) String() string {
	return [...]string{"unknown", "stopped", "removed", "left", "declined"}[r]
}

// Ended: nothing more of this conversation will be shown unless somebody adds or
// restarts us. Err is evidence if Reason is EndStopped or EndDeclined. Texts were
// not shown: after a stop their fate is unknown (others may have them); after
// removal or leaving they were not sent.
type Ended struct {
	Sid    suite.Hash
	Reason EndReason
	Index  uint64 // the last one processed
	Epoch  uint32
	Err    error
	Texts  []Text
	Code   identity.Code // of what was processed, for people to compare; zero if nothing was
}

// TextsHeld: a new epoch added somebody while texts were waiting that were
// written for other readers. ReleaseTexts or DiscardTexts decides.
type TextsHeld struct {
	Sid   suite.Hash
	Added []identity.ID
	Texts []Text
}

// Discarded: texts were given back at the application's wish.
type Discarded struct {
	Sid   suite.Hash
	Texts []Text
}

// Created: a conversation that we asked for is on its way under this Sid; it
// begins with RosterChanged.
type Created struct {
	Operation exchange.FetchID
	Sid       suite.Hash
}

// OperationFailed: a Create or an Update will not happen. Reason is the
// provider's, User whose keys or stock are concerned; Err is set when a provider broke a check.
type OperationFailed struct {
	Operation exchange.FetchID // of a Create; zero for an Update
	Sid       suite.Hash       // of an Update; zero for a Create that has no Sid yet
	Reason    exchange.Reason
	User      identity.ID
	Why       string
	Err       error
}

// UpdateMoot: of an Update that we wanted, nothing is left to do: others did it.
type UpdateMoot struct{ Sid suite.Hash }

// KeySeen: the first sight of a user's key. It is trusted from now on, not verified.
type KeySeen struct {
	User identity.ID
	Key  suite.Point
}

// KeyChanged: a user's key differs from the trust table. The conversation Sid, or
// the operation, waits for DecideKey.
type KeyChanged struct {
	User      identity.ID
	Known     suite.Point
	Offered   suite.Point
	Verified  bool       // whether Known was verified
	Sid       suite.Hash // zero: an operation of our own waits
	Operation exchange.FetchID
}

// ProviderFault: a provider broke a check. Where a conversation ends by it, Ended
// follows.
type ProviderFault struct {
	Provider identity.ID // empty: some provider, which one cannot be told
	Err      error
}

// Online: every provider is connected and has welcomed us. Offline: no more.
type Online struct{}

// Offline: the opposite of Online.
type Offline struct{}

func (Shown) event()           {}
func (Unreadable) event()      {}
func (Repeated) event()        {}
func (RosterChanged) event()   {}
func (Acked) event()           {}
func (PeerStopped) event()     {}
func (Ended) event()           {}
func (TextsHeld) event()       {}
func (Discarded) event()       {}
func (Created) event()         {}
func (OperationFailed) event() {}
func (UpdateMoot) event()      {}
func (KeySeen) event()         {}
func (KeyChanged) event()      {}
func (ProviderFault) event()   {}
func (Online) event()          {}
func (Offline) event()         {}
