package provider

import (
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// wellFormed checks one record that a mirror told.
func (s *step) wellFormed(rec store.Record) error {
	if len(rec.Key) == 0 {
		return fault.Refute(fault.W1, "empty key")
	}
	if isPrefix(keyTail, rec.Key) {
		if len(rec.Key) != len(keyTail)+8 || len(rec.Value) <= suite.KeySize {
			return fault.Refute(fault.W1, "a message of %d bytes", len(rec.Value))
		}
		_, err := parseMessage(s.cfg.Suite, rec.Value[suite.KeySize:])
		return err
	}
	if string(rec.Key) == string((inlog{}).key()) {
		_, _, err := inlog{recordView(rec), 0}.at()
		return err
	}
	if !slices.Contains(sharedTables, rec.Key[0]) {
		return fault.Refute(fault.W1, "table %q is not shared", rec.Key[0])
	}
	r := wire.NewReader("key", rec.Key[1:])
	var err error
	switch rec.Key[0] {
	case tabOwner:
		identity.ReadID(r, "owner")
		_, err = parseOwner(rec.Value)
	case tabBatch:
		identity.ReadID(r, "owner")
		r.U32("batch")
		_, err = parseBatch(rec.Value)
	case tabPrekeys:
		identity.ReadID(r, "owner")
		r.U32("batch")
		err = s.wellFormedPrekeys(rec.Value)
	case tabFetched:
		identity.ReadID(r, "owner")
		r.U64("prekey id")
		_, err = parseFetched(rec.Value)
	case tabFetch:
		identity.ReadID(r, "user")
		r.Take("fetch", 16)
		_, err = parseFetch(rec.Value)
	case tabLog:
		identity.ReadID(r, "owner")
		_, err = parseLogged(r.U64("position"), rec.Value)
	case tabPublic:
		// The rest is looked at by Load, when all records are there.
		if kind := r.U8("kind"); kind == 'a' && len(rec.Value) != 16 {
			err = fault.Refute(fault.W1, "an author of %d bytes", len(rec.Value))
		}
		wire32(r, "sid")
		r.Rest("position")
	case tabEntry:
		readSidIndex(r)
		var e entry
		if e, err = parseEntry(rec.Value); err == nil {
			_, err = conversation.Parse(s.cfg.Suite, e.data)
		}
	case tabLeft:
		readSidIndex(r)
		if len(rec.Value) != 4 {
			err = fault.Refute(fault.W1, "a count of %d bytes", len(rec.Value))
		}
	case tabRoster:
		readSidIndex(r)
		_, err = conversation.ParseRoster(s.cfg.Suite, rec.Value)
	case tabCursor:
		identity.ReadID(r, "user")
		wire32(r, "sid")
		_, err = parseCursor(rec.Value)
	case tabProposal:
		wire32(r, "sid")
		_, err = parseStoredProposal(s.cfg.Suite, rec.Value)
	}
	return firstError(err, r.Done())
}

func readSidIndex(r *wire.Reader) {
	wire32(r, "sid")
	r.U64("index")
}

func (s *step) wellFormedPrekeys(raw []byte) error {
	r := wire.NewReader("prekeys", raw)
	for r.Left() > 0 && !r.Failed() {
		wire.Array8[[8]byte](r, "id")
		identity.ReadPoint(r, s.cfg.Suite, "y")
	}
	return r.Done()
}

// recordView is a store of one record.
type recordView store.Record

func (v recordView) Get([]byte) ([]byte, error) { return v.Value, nil }
func (v recordView) Scan(_, _ []byte, yield func(key, value []byte) bool) error {
	yield(v.Key, v.Value)
	return nil
}
