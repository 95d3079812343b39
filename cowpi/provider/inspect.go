package provider

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// PacketKind is what router and mirror say on their link (SPEC.md, 9.4).
type PacketKind uint8

// The kinds of packets.
const (
	PacketHello    PacketKind = packetHello
	PacketData     PacketKind = packetData
	PacketAck      PacketKind = packetAck
	PacketResync   PacketKind = packetResync
	PacketSnapshot PacketKind = packetSnapshot
	PacketEnd      PacketKind = packetEnd
)

// Packet is a packet of a link as a third party reads it. Which fields mean
// something depends on Kind.
type Packet struct {
	Kind    PacketKind
	First   uint64     // hello: the first message kept
	Last    uint64     // hello: the last message written
	Number  uint64     // hello, ack: the last taken; data: its number; end: the last written
	Digest  suite.Hash // hello, end: the digest at Number
	Raw     []byte     // data: the message, encoded
	Message LogMessage // data

	encoded []byte
}

// LogMessage is a message of a log between router and mirror: Proposal, Commit,
// Confirm, or Other, which stands for the rest.
type LogMessage interface{ fromRouter() bool }

// Proposal is a batch of uploads for the next indices of a conversation.
type Proposal struct {
	Sid     suite.Hash
	First   uint64
	Uploads []exchange.Upload
}

// Commit makes the first Count entries of a proposal final.
type Commit struct {
	Sid   suite.Hash
	First uint64
	Count int
}

// Confirm: the mirror holds a batch.
type Confirm struct {
	Owner  identity.ID
	Batch  uint32
	Digest suite.Hash // see BatchDigest
}

// Other is a message of another kind, which was parsed.
type Other struct{ Router bool }

func (Proposal) fromRouter() bool { return true }
func (Commit) fromRouter() bool   { return true }
func (Confirm) fromRouter() bool  { return false }
func (m Other) fromRouter() bool  { return m.Router }

// FromRouter says whether a packet is one that a router sends: hellos, data and
// acks go both ways, but a message belongs into one of the two logs.
func (p Packet) FromRouter() bool {
	switch p.Kind {
	case PacketData:
		return p.Message.fromRouter()
	case PacketResync:
		return true
	case PacketSnapshot, PacketEnd:
		return false
	}
	return true
}

// FromMirror says whether a packet is one that a mirror sends.
func (p Packet) FromMirror() bool {
	return p.Kind == PacketHello || p.Kind == PacketAck || !p.FromRouter()
}

// Encode returns the encoding of what was parsed.
func (p Packet) Encode() []byte { return p.encoded }

// ParsePacket reads a packet of a link, and the message in it. Failures are evidence.
func ParsePacket(s suite.Suite, data []byte) (Packet, error) {
	in, err := parsePacket(data)
	if err != nil {
		return Packet{}, err
	}
	out := Packet{Kind: PacketKind(in.kind), First: in.first, Last: in.last, Number: in.number, Digest: in.digest, Raw: in.message}
	if in.kind == packetData {
		m, err := parseMessage(s, in.message)
		if err != nil {
			return Packet{}, err
		}
		if out.Message, err = public(m); err != nil {
			return Packet{}, err
		}
		in.message = encodeMessage(m)
	}
	out.encoded = in.encode()
	return out, nil
}

func public(m message) (LogMessage, error) {
	switch m := m.(type) {
	case proposal:
		p := Proposal{Sid: m.sid, First: m.first}
		for _, e := range m.entries {
			p.Uploads = append(p.Uploads, e.upload)
		}
		return p, nil
	case commit:
		return Commit{m.sid, m.first, m.count}, nil
	case confirm:
		return Confirm{m.owner, m.batch, m.digest}, nil
	case pickFor, expire, withdraw:
		return Other{Router: true}, nil
	case asked, verdict:
		return Other{}, nil
	}
	return nil, fault.Bugf("provider: a log message of type %T", m)
}

// LogDigest is the running digest of a log after one more message.
func LogDigest(s suite.Suite, before suite.Hash, message []byte) suite.Hash {
	return digestAfter(s, before, message)
}
