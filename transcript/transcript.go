// Package transcript is one form for everything that was seen of conversations:
// who sent which bytes to whom, in which order and on which connection; what was
// in the frames, as providers open them; who registered; and what each
// participant was shown. A transcript is what deniability is about: whoever holds
// one, and every long-term secret besides, must not be able to tell whether it
// happened or was forged (package simulator).
//
// A transcript is a [Header] and a sequence of [Record], in the order in which
// things happened. It is written to a [Sink] and read from a [Source]; there is a
// binary form ([NewWriter]), a form of JSON lines ([NewJSONWriter]), and one in
// memory ([Memory]). [Open] reads either of the first two. All of them go through
// a transcript record by record: one of a million messages needs no more memory
// than one of ten. README.md in this folder is the schema.
//
// Sinks and sources are not safe for concurrent use.
package transcript

import (
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Version is the version of both forms.
const Version = 1

// Header is what holds for a whole transcript.
type Header struct {
	SuiteID   uint16           // which suite was spoken, as on the wire
	Suite     string           // its name
	Timed     bool             // there are Clock records
	Providers []identity.Party // the provider set, router first
}

// Record is one thing that happened: Registered, Connected, Closed, Sent,
// Delivered, Saw, Crashed, Clock, Saved, Restored.
type Record interface{ tag() byte }

// Registered: a provider learnt a user's key, out of band.
type Registered struct {
	Provider identity.ID
	User     identity.Party
}

// Connected: a connection begins. Client is a user, or the router towards a mirror.
// Numbers of connections ascend from 1. Server is a provider; a corrupt copy of a
// router has a name of its own, which ends in *.
type Connected struct {
	Conn           uint64
	Client, Server identity.ID
}

// Closed: a connection is gone. What was sent on it and not delivered is lost.
type Closed struct{ Conn uint64 }

// Sent: one message was put on a connection.
type Sent struct {
	Conn     uint64
	ToServer bool
	Bytes    []byte
	Opened   Opened
}

// Opened is what was inside a message. A provider can tell it of every message
// that it sent or received.
type Opened struct {
	Kind  Kind
	Plain []byte // Handshake: what was sealed. Data, Renewal: the payload of the frame, without padding
	Inner []byte // Renewal: what was sealed in the handshake message that is Plain, if anything was
}

// Kind is what a message is.
type Kind uint8

// The kinds. Messages of kind Dark were not opened.
const (
	Dark      Kind = iota
	Hello          // message 1 of a handshake: nothing is sealed in it
	Handshake      // message 2 or 3
	Data           // a frame with an exchange.Message, or a packet between router and mirror; empty: the first frame
	Renewal        // a frame with a message of an inner handshake
)

// Delivered: the message that was sent first of those that are still on their way
// in this direction of a connection has arrived.
type Delivered struct {
	Conn     uint64
	ToServer bool
}

// Crashed: a node stopped, and began again from what it had stored.
type Crashed struct{ Node identity.ID }

// Saved: what a provider has stored was copied.
type Saved struct{ Node identity.ID }

// Restored: a provider stopped, and began again from what was copied last.
type Restored struct{ Node identity.ID }

// Clock: the time from now on, in milliseconds since 1970. Only in transcripts
// that are Timed.
type Clock struct{ Now uint64 }

// Saw is one event of a participant's view. Which fields count depends on What;
// the others are zero.
type Saw struct {
	Who       identity.ID
	Number    uint64 // of the event, as the participant counts them
	What      What
	Sid       suite.Hash     // all but Fault, where it may be zero
	Index     uint64         // all but Fault; Ended: the last one processed
	Epoch     uint32         // Text, Repeat, Unreadable, Roster, Ended
	Party     identity.ID    // the author; of Ack and PeerStopped who says so; of Fault the provider, or ""
	UpTo      uint64         // Ack, PeerStopped: up to where the party has processed
	ID        content.TextID // Text, Repeat
	Text      []byte         // Text
	Members   []Member       // Roster
	Added     []identity.ID  // Roster
	Removed   []identity.ID  // Roster
	Restarted []identity.ID  // Roster
	Reason    uint8          // Ended: a cowpi.EndReason
	Code      string         // Ended: the conversation code, 60 digits, or ""
	Check     string         // Ended, Fault: the check of SPEC.md that was broken, or ""
	Error     string         // Ended, Fault: in words
}

// Member is one entry of a roster.
type Member struct {
	ID     identity.ID
	Key    suite.Point
	Joined uint32 // the epoch
}

// What is the kind of an event.
type What uint8

// The kinds of events.
const (
	Text        What = iota + 1 // a text was shown
	Repeat                      // a text came that was shown before
	Unreadable                  // a text came that opens for nobody
	Roster                      // the conversation began, or its roster changed
	Ack                         // a participant has processed up to an index
	PeerStopped                 // a participant says that it stopped
	Ended                       // the conversation ended for Who
	Fault                       // a provider broke a check
)

// The tags of records.
const (
	tagEnd byte = iota
	tagRegistered
	tagConnected
	tagClosed
	tagSent
	tagDelivered
	tagSaw
	tagCrashed
	tagClock
	tagSaved
	tagRestored
)

func (Registered) tag() byte { return tagRegistered }
func (Connected) tag() byte  { return tagConnected }
func (Closed) tag() byte     { return tagClosed }
func (Sent) tag() byte       { return tagSent }
func (Delivered) tag() byte  { return tagDelivered }
func (Saw) tag() byte        { return tagSaw }
func (Crashed) tag() byte    { return tagCrashed }
func (Clock) tag() byte      { return tagClock }
func (Saved) tag() byte      { return tagSaved }
func (Restored) tag() byte   { return tagRestored }
