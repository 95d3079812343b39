package conversation

import (
	"encoding/binary"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// Keeper keeps public states in a store, under a prefix. What it writes for a
// MSG or RCPT has constant size; only SETUP and UPDATE write a roster.
//
// Keys: prefix 'h' Sid (the head), prefix 'r' Sid (the roster), prefix 'a' Sid
// position (an author's last; absent: as in Head.First).
//
// A Keeper remembers rosters that it has read, by their digests: reading one again
// costs nothing. It is not safe for concurrent use.
type Keeper struct {
	Suite  suite.Suite
	Prefix []byte
	seen   *map[suite.Hash]*Roster
}

// NewKeeper returns a keeper that works under a prefix.
func NewKeeper(s suite.Suite, prefix ...byte) Keeper {
	return Keeper{s, prefix, &map[suite.Hash]*Roster{}}
}

// maxSeen bounds the rosters that a keeper remembers.
const maxSeen = 64

const headVersion = 1

func (k Keeper) key(kind byte, sid suite.Hash, tail ...byte) []byte {
	b := make([]byte, 0, len(k.Prefix)+1+len(sid)+len(tail))
	b = append(append(b, k.Prefix...), kind)
	return append(append(b, sid[:]...), tail...)
}

func (k Keeper) authorKey(sid suite.Hash, pos uint16) []byte {
	return k.key('a', sid, byte(pos>>8), byte(pos))
}

// Load reads the state of a conversation; Last is that of the given author
// position. ok is false if there is none.
func (k Keeper) Load(v store.View, sid suite.Hash, author uint16) (st State, ok bool, err error) {
	raw, err := v.Get(k.key('h', sid))
	if err != nil || raw == nil {
		return State{}, false, err
	}
	var digest suite.Hash
	if st.Head, digest, err = parseHead(sid, raw); err != nil {
		return State{}, false, err
	}
	if st.Roster, err = k.roster(v, sid, digest); err != nil {
		return State{}, false, err
	}
	st.Last, err = k.Author(v, st.Head, author)
	return st, err == nil, err
}

// roster reads a roster, unless one with this digest was read before.
func (k Keeper) roster(v store.View, sid, digest suite.Hash) (*Roster, error) {
	if k.seen != nil {
		if r := (*k.seen)[digest]; r != nil {
			return r, nil
		}
	}
	raw, err := v.Get(k.key('r', sid))
	if err != nil {
		return nil, err
	}
	r, err := ParseRoster(k.Suite, raw)
	if err != nil || r.Digest() != digest {
		return nil, fault.Bugf("stored roster: %v", err)
	}
	k.remember(r)
	return r, nil
}

func (k Keeper) remember(r *Roster) {
	if k.seen != nil {
		if len(*k.seen) >= maxSeen {
			clear(*k.seen)
		}
		(*k.seen)[r.Digest()] = r
	}
}

// Head reads the head alone.
func (k Keeper) Head(v store.View, sid suite.Hash) (h Head, ok bool, err error) {
	raw, err := v.Get(k.key('h', sid))
	if err != nil || raw == nil {
		return Head{}, false, err
	}
	h, _, err = parseHead(sid, raw)
	return h, err == nil, err
}

// Author reads the last of one author.
func (k Keeper) Author(v store.View, h Head, pos uint16) (Author, error) {
	raw, err := v.Get(k.authorKey(h.Sid, pos))
	if err != nil {
		return Author{}, err
	}
	if raw == nil {
		return h.First(), nil
	}
	if len(raw) != 16 {
		return Author{}, fault.Bugf("stored author of %d bytes", len(raw))
	}
	return Author{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])}, nil
}

// Save stages the state after Apply or Join for block d.
func (k Keeper) Save(draft *store.Draft, st State, d *DataBlock) error {
	draft.Put(k.key('h', st.Sid), encodeHead(st.Head, st.Roster.Digest()))
	if d.Roster == nil {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], st.Last.Seq)
		binary.BigEndian.PutUint64(b[8:], st.Last.K)
		draft.Put(k.authorKey(st.Sid, d.Author), b[:])
		return nil
	}
	draft.Put(k.key('r', st.Sid), st.Roster.Bytes())
	return k.dropAuthors(draft, st.Sid)
}

// Drop stages the deletion of a conversation's state.
func (k Keeper) Drop(draft *store.Draft, sid suite.Hash) error {
	draft.Delete(k.key('h', sid))
	draft.Delete(k.key('r', sid))
	return k.dropAuthors(draft, sid)
}

func (k Keeper) dropAuthors(draft *store.Draft, sid suite.Hash) error {
	prefix := k.key('a', sid)
	var keys [][]byte
	err := draft.Scan(prefix, store.PrefixEnd(prefix), func(key, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		draft.Delete(key)
	}
	return err
}

func encodeHead(h Head, roster suite.Hash) []byte {
	return wire.NewWriter(128).U8(headVersion).Fixed(h.Providers[:]).U32(h.Epoch).
		U64(h.Base).U64(h.Next).Fixed(h.Digest[:]).Fixed(roster[:]).Bytes()
}

func parseHead(sid suite.Hash, raw []byte) (h Head, roster suite.Hash, err error) {
	r := wire.NewReader("conversation head", raw)
	r.Version(headVersion)
	h = Head{Sid: sid, Providers: wire.Array32[suite.Hash](r, "providers"), Epoch: r.U32("epoch"),
		Base: r.U64("base"), Next: r.U64("next"), Digest: wire.Array32[suite.Hash](r, "digest")}
	roster = wire.Array32[suite.Hash](r, "roster digest")
	if err := r.Done(); err != nil {
		return Head{}, roster, fault.Bugf("stored head: %v", err)
	}
	return h, roster, nil
}

// Sids lists the conversations that are kept.
func (k Keeper) Sids(v store.View) ([]suite.Hash, error) {
	prefix := append(append([]byte(nil), k.Prefix...), 'h')
	var out []suite.Hash
	err := v.Scan(prefix, store.PrefixEnd(prefix), func(key, _ []byte) bool {
		out = append(out, suite.Hash(key[len(prefix):]))
		return true
	})
	return out, err
}
