// Package conversation is the public part of a conversation (SPEC.md, section
// 8): rosters, data blocks, the public state, and [Valid], the one function by
// which router, mirrors and participants judge the same way. There is no secret
// and no local input in it. All functions are pure.
package conversation

import (
	"bytes"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Version is the version of every data block.
const Version = 1

// Type is the kind of a data block.
type Type uint8

// The kinds.
const (
	SETUP  Type = 1
	MSG    Type = 2
	RCPT   Type = 3
	UPDATE Type = 4
)

func (t Type) String() string {
	switch t {
	case SETUP:
		return "SETUP"
	case MSG:
		return "MSG"
	case RCPT:
		return "RCPT"
	case UPDATE:
		return "UPDATE"
	}
	return "unknown type"
}

// Bounds in bytes.
const (
	// MaxSealedText bounds C: a padded text of 64 KiB, sealed.
	MaxSealedText = 1<<16 + suite.TagSize
	// MaxDataBlock bounds a data block: an UPDATE with the largest roster.
	MaxDataBlock = 512 + 2 + MaxRoster*entrySize
)

// DataBlock is a parsed data block. Which of the later fields mean something
// depends on Type: Setup has Nonce, AuthorID, Providers and Roster; Message has
// Com and Sealed; Receipt has Stopped; Update has Nonce, AuthorID, Providers and Roster.
type DataBlock struct {
	Sid  suite.Hash
	Type Type

	// All types but SETUP.
	Epoch        uint32
	RosterDigest suite.Hash
	Author       uint16 // position in the roster of Epoch
	Seq          uint64
	K            uint64 // the author had processed up to this index

	// Nonce, of SETUP and UPDATE, is random. In an UPDATE it tells two attempts of
	// one author apart, which may say the same but have other blocks: when one of
	// them comes back, its author must know which.
	Nonce     [32]byte
	AuthorID  identity.ID // SETUP, UPDATE
	Providers suite.Hash  // SETUP, UPDATE: digest of the provider set
	Roster    *Roster     // SETUP, UPDATE: the new one
	Com       suite.Hash  // MSG
	Sealed    []byte      // MSG: C
	Stopped   bool        // RCPT

	raw  []byte
	hash suite.Hash
}

// Raw returns the encoding. Not to be changed.
func (d *DataBlock) Raw() []byte { return d.raw }

// Hash is the hash of the encoding: what every block seals and authenticates.
func (d *DataBlock) Hash() suite.Hash { return d.hash }

// Seal fixes the encoding of a block that was filled in by its author; for a
// SETUP it first computes the Sid. It returns d.
func (d *DataBlock) Seal(s suite.Suite) *DataBlock {
	if d.Type == SETUP {
		d.Sid = d.setupSid(s)
	}
	d.raw = d.encode(s)
	d.hash = HashOf(s, d.raw)
	return d
}

// HashOf is the hash of an encoded data block, whether or not it parses.
func HashOf(s suite.Suite, data []byte) suite.Hash { return s.Hash("data block", data) }

// setupSid is the hash of all fields of a SETUP.
func (d *DataBlock) setupSid(s suite.Suite) suite.Hash {
	head := wire.NewWriter(3).U8(Version).U16(s.ID()).Bytes()
	return s.Hash("sid", head, d.Nonce[:], d.AuthorID.Field(), d.Providers[:], d.Roster.Bytes())
}

// Header returns what stands before C in a MSG: the associated data of the text.
func (d *DataBlock) Header(s suite.Suite) []byte {
	w := wire.NewWriter(128)
	w.U8(Version).U16(s.ID()).Fixed(d.Sid[:]).U8(uint8(d.Type))
	if d.Type != SETUP {
		w.U32(d.Epoch).Fixed(d.RosterDigest[:]).U16(d.Author).U64(d.Seq).U64(d.K)
	}
	if d.Type == MSG {
		w.Fixed(d.Com[:])
	}
	return w.Bytes()
}

func (d *DataBlock) encode(s suite.Suite) []byte {
	w := wire.NewWriter(256 + len(d.Sealed))
	w.Fixed(d.Header(s))
	switch d.Type {
	case SETUP:
		w.Fixed(d.Nonce[:]).Fixed(d.AuthorID.Field()).Fixed(d.Providers[:]).Fixed(d.Roster.Bytes())
	case MSG:
		w.Field(d.Sealed)
	case RCPT:
		w.Bool(d.Stopped)
	case UPDATE:
		w.Fixed(d.Nonce[:]).Fixed(d.AuthorID.Field()).Fixed(d.Providers[:]).Fixed(d.Roster.Bytes())
	}
	return w.Bytes()
}

// Parse decodes a data block. Failures are evidence: W1 to W3 for the encoding,
// V1 for another version or suite, V8 for a roster out of order, V2 for a SETUP
// whose Sid is not the hash of its fields.
func Parse(s suite.Suite, data []byte) (*DataBlock, error) {
	if len(data) > 0 && data[0] != Version {
		return nil, fault.Refute(fault.V1, "version %d", data[0])
	}
	if len(data) > MaxDataBlock {
		return nil, fault.Refute(fault.W1, "data block of %d bytes, at most %d allowed", len(data), MaxDataBlock)
	}
	r := wire.NewReader("data block", data)
	r.Version(Version)
	id := r.U16("suite")
	if !r.Failed() && id != s.ID() {
		return nil, fault.Refute(fault.V1, "suite %d, this conversation has %d", id, s.ID())
	}
	d := &DataBlock{Sid: wire.Array32[suite.Hash](r, "sid"), Type: Type(r.U8("type"))}
	var v8 error
	if d.Type != SETUP {
		d.Epoch = r.U32("epoch")
		d.RosterDigest = wire.Array32[suite.Hash](r, "roster digest")
		d.Author = r.U16("author")
		d.Seq = r.U64("seq")
		d.K = r.U64("k")
	}
	switch d.Type {
	case SETUP, UPDATE:
		d.Nonce = wire.Array32[[32]byte](r, "nonce")
		d.AuthorID = identity.ReadID(r, "author id")
		d.Providers = wire.Array32[suite.Hash](r, "provider set")
		d.Roster, v8 = readRoster(s, r)
	case MSG:
		d.Com = wire.Array32[suite.Hash](r, "com")
		d.Sealed = r.Bytes("text", MaxSealedText)
	case RCPT:
		d.Stopped = r.Bool("stopped")
	default:
		r.Fail("type", "%d is unknown", d.Type)
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	if v8 != nil {
		return nil, v8
	}
	d.raw = bytes.Clone(data)
	d.hash = HashOf(s, d.raw)
	if d.Type == SETUP && d.setupSid(s) != d.Sid {
		return nil, fault.Refute(fault.V2, "the Sid is not the hash of the SETUP")
	}
	return d, nil
}
