package cowpi

import (
	"bytes"
	"encoding/binary"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// The records of a participant (SPEC.md, 10.9), by the first byte of their key.
// All integers in keys are big-endian, so that scans run in order.
const (
	keyMeta    = 'M' // counters
	keyStock   = 'K' // batch, position: one prekey of our own that is in stock (secret)
	keyByID    = 'I' // prekey id: its batch and position
	keyTrust   = 'T' // id: the trust table
	keyFetch   = 'F' // fetch id: an operation that waits for keys
	keyPublic  = 'c' // public states, kept by conversation.Keeper
	keyLocal   = 'l' // sid: what is our own of a conversation
	keyPair    = 'p' // sid, join epochs, peer, half: a pair (secret)
	keyPending = 'q' // sid, serial, peer, half: a pair made for an unaccepted upload (secret)
	keyText    = 'o' // sid, number: a text that waits (secret)
	keyUpload  = 'u' // sid, serial: an upload that is not resolved
	keyBody    = 'b' // sid, serial: its bytes
	keyIntent  = 'i' // sid: an UPDATE to be made
	keyShown   = 's' // sid, author: hashes of the last texts shown
	keyHold    = 'h' // sid: a changed key that waits for a decision
)

const recordVersion = 1

// meta holds the counters of a participant.
type meta struct {
	Steps     uint64 // hedges the coins of each step
	Events    uint64 // number of the last event
	Batch     uint32 // the last batch of prekeys made
	Withdrawn uint32 // batches up to this one are withdrawn
	Handouts  uint64 // position of the hand-out log that is processed
}

func (s *step) loadMeta() error {
	raw, err := s.draft.Get([]byte{keyMeta})
	if err != nil || raw == nil {
		return err
	}
	r := wire.NewReader("meta record", raw)
	r.Version(recordVersion)
	s.meta = meta{r.U64("steps"), r.U64("events"), r.U32("batch"), r.U32("withdrawn"), r.U64("handouts")}
	return stored(r.Done())
}

func (s *step) saveMeta() {
	m := s.meta
	s.draft.Put([]byte{keyMeta}, wire.NewWriter(40).U8(recordVersion).
		U64(m.Steps).U64(m.Events).U32(m.Batch).U32(m.Withdrawn).U64(m.Handouts).Bytes())
}

// stored turns a decoding error of our own record into a bug.
func stored(err error) error {
	if err == nil {
		return nil
	}
	return fault.Bugf("stored record: %v", err)
}

func sidKey(kind byte, sid suite.Hash, tail ...byte) []byte {
	b := make([]byte, 0, 1+len(sid)+len(tail))
	return append(append(append(b, kind), sid[:]...), tail...)
}

func u64Bytes(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func textKey(sid suite.Hash, n uint64) []byte   { return sidKey(keyText, sid, u64Bytes(n)...) }
func uploadKey(sid suite.Hash, n uint64) []byte { return sidKey(keyUpload, sid, u64Bytes(n)...) }

// phase is where a conversation stands for us.
type phase uint8

const (
	phaseUnknown phase = 0 // no record
	phaseSetup   phase = 1 // our own SETUP is not accepted yet
	phaseActive  phase = 2 // we take part
	phaseGone    phase = 3 // stopped, removed, left or declined
)

// local is what a participant knows of a conversation beside its public state.
type local struct {
	Phase       phase
	Reason      EndReason   // gone: why
	LastEpoch   uint32      // gone: the last epoch
	LastIndex   uint64      // gone: the last index processed
	Joined      uint32      // our join epoch
	Adder       identity.ID // who joined or restarted us by UPDATE; "": nobody
	SelfRestart bool        // we restarted ourselves
	MayWrite    bool        // the joiner's rule is satisfied (SPEC.md, 10.4)
	HeldTexts   bool        // texts wait for the application's word
	Owed        uint64      // one above the index that we owe a receipt for; 0: none
	DueAt       Time        // when that receipt is due
	Serial      uint64      // of the last upload made
	Texts       uint64      // number of the last text handed over
}

func (s *step) local(sid suite.Hash) (local, error) {
	raw, err := s.draft.Get(sidKey(keyLocal, sid))
	if err != nil || raw == nil {
		return local{}, err
	}
	r := wire.NewReader("conversation record", raw)
	r.Version(recordVersion)
	c := local{Phase: phase(r.U8("phase")), Reason: EndReason(r.U8("reason")), LastEpoch: r.U32("last epoch"),
		LastIndex: r.U64("last index"), Joined: r.U32("joined"), Adder: readOptional(r), SelfRestart: r.Bool("self restart"),
		MayWrite: r.Bool("may write"), HeldTexts: r.Bool("held"), Owed: r.U64("owed"), DueAt: Time(r.U64("due")),
		Serial: r.U64("serial"), Texts: r.U64("texts")}
	return c, stored(r.Done())
}

func (s *step) putLocal(sid suite.Hash, c local) {
	s.draft.Put(sidKey(keyLocal, sid), wire.NewWriter(160).U8(recordVersion).U8(uint8(c.Phase)).U8(uint8(c.Reason)).
		U32(c.LastEpoch).U64(c.LastIndex).U32(c.Joined).Fixed(c.Adder.Field()).Bool(c.SelfRestart).
		Bool(c.MayWrite).Bool(c.HeldTexts).U64(c.Owed).U64(uint64(c.DueAt)).U64(c.Serial).U64(c.Texts).Bytes())
}

// readOptional reads an id field that may be all zeros.
func readOptional(r *wire.Reader) identity.ID {
	var field [identity.IDFieldSize]byte
	r.Fixed("id", field[:])
	if r.Failed() || field == [identity.IDFieldSize]byte{} {
		return ""
	}
	inner := wire.NewReader("id", bytes.Clone(field[:]))
	id := identity.ReadID(inner, "id")
	if inner.Failed() {
		r.Fail("id", "not a well-formed id")
	}
	return id
}

// queued is a text in the outbox.
type queued struct {
	Text
	Written bool // an upload that carries it is on its way
}

func (s *step) putText(sid suite.Hash, n uint64, q queued) {
	s.draft.Put(textKey(sid, n), wire.NewWriter(32+len(q.Text.Text)).U8(recordVersion).
		Bool(q.Written).Fixed(q.ID[:]).Field(q.Text.Text).Bytes())
}

func parseText(raw []byte) (queued, error) {
	r := wire.NewReader("text record", raw)
	r.Version(recordVersion)
	q := queued{Written: r.Bool("written"), Text: Text{wire.Array16[content.TextID](r, "text id"), r.Bytes("text", content.MaxText)}}
	return q, stored(r.Done())
}

// eachText visits the outbox of a conversation in order. visit may delete.
func (s *step) eachText(sid suite.Hash, visit func(n uint64, q queued)) error {
	return s.scan(sidKey(keyText, sid), func(tail, value []byte) error {
		q, err := parseText(value)
		if err == nil {
			visit(binary.BigEndian.Uint64(tail), q)
		}
		return err
	})
}

// unwritten lists the texts that no upload carries yet.
func (s *step) unwritten(sid suite.Hash) (out []Text, err error) {
	err = s.eachText(sid, func(_ uint64, q queued) {
		if !q.Written {
			out = append(out, q.Text)
		}
	})
	return out, err
}

// scan visits all records under a prefix in order, with the rest of their keys.
// It collects them first, so that visit may write.
func (s *step) scan(prefix []byte, visit func(tail, value []byte) error) error {
	var found []store.Record
	err := s.draft.Scan(prefix, store.PrefixEnd(prefix), func(k, v []byte) bool {
		found = append(found, store.Record{Key: k[len(prefix):], Value: v})
		return true
	})
	for _, f := range found {
		if err != nil {
			return err
		}
		err = visit(f.Key, f.Value)
	}
	return err
}

// wipeAll deletes all records under a prefix.
func (s *step) wipeAll(prefix []byte) error {
	return s.scan(prefix, func(tail, _ []byte) error {
		s.draft.Delete(append(prefix[:len(prefix):len(prefix)], tail...))
		return nil
	})
}

// pending is an upload of our own that is not resolved: it may have its place in
// the conversation or get it yet. Its bytes are a record of their own, so that
// looking through what is on its way costs the same in groups of any size.
type pending struct {
	Serial  uint64
	Epoch   uint32
	Seq     uint64
	K       uint64
	Type    conversation.Type
	Dropped bool       // refused for good by Admission; its seq is free, but it counts if it is ordered after all
	Text    uint64     // MSG: number of the text
	Data    suite.Hash // hash of the data block
	Upload  suite.Hash // identity of the upload
}

func (s *step) putPending(sid suite.Hash, p pending) {
	s.draft.Put(uploadKey(sid, p.Serial), wire.NewWriter(128).U8(recordVersion).U32(p.Epoch).U64(p.Seq).U64(p.K).
		U8(uint8(p.Type)).Bool(p.Dropped).U64(p.Text).Fixed(p.Data[:]).Fixed(p.Upload[:]).Bytes())
}

func parsePending(tail, raw []byte) (pending, error) {
	r := wire.NewReader("upload record", raw)
	r.Version(recordVersion)
	p := pending{Serial: binary.BigEndian.Uint64(tail), Epoch: r.U32("epoch"), Seq: r.U64("seq"), K: r.U64("k"),
		Type: conversation.Type(r.U8("type")), Dropped: r.Bool("dropped"), Text: r.U64("text"),
		Data: wire.Array32[suite.Hash](r, "data"), Upload: wire.Array32[suite.Hash](r, "upload")}
	return p, stored(r.Done())
}

// pendings lists our unresolved uploads of a conversation in order.
func (s *step) pendings(sid suite.Hash) (out []pending, err error) {
	err = s.scan(sidKey(keyUpload, sid), func(tail, value []byte) error {
		p, err := parsePending(tail, value)
		out = append(out, p)
		return err
	})
	return out, err
}

func (s *step) putBody(sid suite.Hash, serial uint64, u exchange.Upload) {
	w := wire.NewWriter(16 + len(u.Data) + exchange.BlocksSize(u.Blocks))
	w.U8(recordVersion).Field(u.Data)
	exchange.EncodeBlocks(w, u.Blocks)
	s.draft.Put(sidKey(keyBody, sid, u64Bytes(serial)...), w.Bytes())
}

func (s *step) body(sid suite.Hash, serial uint64) (u exchange.Upload, err error) {
	raw, err := s.draft.Get(sidKey(keyBody, sid, u64Bytes(serial)...))
	if err != nil {
		return u, err
	}
	r := wire.NewReader("upload body", raw)
	r.Version(recordVersion)
	u.Data = r.Bytes("data block", conversation.MaxDataBlock)
	if u.Blocks, err = exchange.ReadBlocks(s.suite, r); err == nil {
		err = r.Done()
	}
	return u, stored(err)
}

// dropUpload forgets an upload that is resolved.
func (s *step) dropUpload(sid suite.Hash, serial uint64) {
	s.draft.Delete(uploadKey(sid, serial))
	s.draft.Delete(sidKey(keyBody, sid, u64Bytes(serial)...))
}
