// Package channel is the two-party channel between a user and a provider, and
// between the router and a mirror (SPEC.md, section 5): a handshake of three
// messages, then frames. It has no signatures, so it is deniable, and it gives
// both sides the authentication key AK of the connection.
//
//	client                                     server (provider)
//
//	Dial      -> Dialling   --- msg1 --->
//	                        <-- msg2 ----      Accept           -> Answering
//	Finish    -> Conn       --- msg3 --->      Answering.Finish -> Conn
//	                        --- frame -->      Open: confirmed
//	Open: confirmed         <-- frame ----     Seal (the Welcome)
//
// Every state is a value and every transition returns the next one. An error
// leaves the old value usable and unchanged: a forged message is dropped, and
// the genuine one is still accepted. But a value that has given way to its
// successor must not be used again: it would seal a second time under the same
// keys. Values are safe for concurrent reading.
//
// The package sends nothing: the caller carries messages and frames, in order,
// and closes the connection upon an error. Whoever is at the other end learns
// no more than that. Whether the client's id and key are registered, and whether
// it may be a router, is for the caller to decide from [Conn.Peer].
package channel

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Sizes of the handshake messages: they are the same whoever the user is.
const (
	Msg1Size = suite.KeySize
	Msg2Size = suite.KeySize + helloSize + suite.TagSize
	Msg3Size = 1 + identity.IDFieldSize + 2*suite.KeySize + suite.TagSize

	helloSize = identity.IDFieldSize + suite.KeySize
)

const (
	// MaxPayload bounds the payload of a frame.
	MaxPayload = 1 << 20
	// MinFrameSize and MaxFrameSize bound a frame as it is sent.
	MinFrameSize = minBucket + suite.TagSize
	MaxFrameSize = maxBucket + suite.TagSize
	// MaxFrames is the life of a chain: so many frames does one side seal with it.
	MaxFrames = 1 << 16
	// RenewAfter is the number of frames in a direction, after which the client
	// should renew the keys.
	RenewAfter = 1 << 15

	// The last frames of a chain are kept for the handshake that replaces it.
	// Each side needs two: msg1 and msg3, or msg2 and done.
	reserved = 2
)

// Role says who is at one end of a channel.
type Role uint8

// The roles. Clients name theirs in the handshake; a provider that answers
// has RoleProvider, which never stands on the wire.
const (
	RoleProvider Role = iota
	RoleUser
	RoleRouter // dials its mirrors
)

func (r Role) String() string {
	switch r {
	case RoleProvider:
		return "provider"
	case RoleUser:
		return "user"
	case RoleRouter:
		return "router"
	}
	return "unknown"
}

// Peer is who is at the other end: id, long-term key and role. It is proved only
// once the channel is confirmed.
type Peer struct {
	identity.Party
	Role Role
}

// Purposes of coins. A step makes at most one call that takes coins of these.
const (
	coinEphemeral suite.Purpose = "channel ephemeral"
	coinNAXOS     suite.Purpose = "channel naxos"
)

// refute is evidence for a check, caused by err.
func refute(c fault.Check, what string, err error) error {
	return &fault.Evidence{Check: c, What: what, Err: err}
}

// checkPoint is check W3 for a received key.
func checkPoint(s suite.Suite, p suite.Point, what string) error {
	if err := s.CheckPoint(p); err != nil {
		return refute(fault.W3, what, err)
	}
	return nil
}

// checkSize is check W1 for a handshake message.
func checkSize(what string, msg []byte, want int) error {
	if len(msg) != want {
		return fault.Refute(fault.W1, "%s has %d bytes, not %d", what, len(msg), want)
	}
	return nil
}
