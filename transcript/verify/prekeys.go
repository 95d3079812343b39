package verify

import (
	"crypto/sha256"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

type keyID = pair.KeyID

// stock is what is known of one owner's prekeys.
type stock struct {
	batches map[uint32]suite.Hash
	keys    map[keyID]*prekey
	log     map[uint64]exchange.Handout // of positions that not all providers were acknowledged
	acked   map[int]uint64              // by provider
	low     uint64                      // positions up to it are dropped
}

// handout is to whom a prekey was given, and for what.
type handout struct {
	kind exchange.HandoutKind
	to   identity.ID
	sid  suite.Hash // of a fetched one the purpose
}

// prekey is one that was uploaded.
type prekey struct {
	y     suite.Point
	given handout    // kind 0: not yet
	gone  bool       // expired or withdrawn
	used  suite.Hash // hash of the data block whose block named it
}

func (v *verifier) stockOf(owner identity.ID) *stock {
	k := v.stocks[owner]
	if k == nil {
		k = &stock{map[uint32]suite.Hash{}, map[keyID]*prekey{}, map[uint64]exchange.Handout{}, map[int]uint64{}, 0}
		v.stocks[owner] = k
	}
	return k
}

// prekeys judges a batch: the same for every provider, and of new keys.
func (v *verifier) prekeys(c *conn, m exchange.Prekeys) {
	s := c.subject().by(c.server).of(c.client)
	k := v.stockOf(c.client)
	digest := provider.BatchDigest(v.suite, c.client, m)
	if known, again := k.batches[m.Batch]; again {
		v.judge(PrekeysSame, known == digest, s, "batch %d is another than the one that was uploaded before", m.Batch)
		return
	}
	k.batches[m.Batch] = digest
	for _, p := range m.List {
		if v.judge(PrekeysSame, k.keys[p.ID] == nil, s, "prekey %x of batch %d was uploaded before", p.ID, m.Batch) {
			k.keys[p.ID] = &prekey{y: p.Y}
		}
	}
}

// inStock judges whether a prekey is one that its owner uploaded.
func (v *verifier) inStock(owner identity.ID, p exchange.Prekey, s Subject) {
	k := v.stockOf(owner).keys[p.ID]
	v.needs(PrekeyStock, k != nil && k.y == p.Y, s, "%s did not upload prekey %x with this key", owner, p.ID)
}

// give judges a hand-out: every prekey has one.
func (v *verifier) give(owner identity.ID, id keyID, h handout, s Subject) {
	k := v.stockOf(owner).keys[id]
	switch {
	case k == nil:
		v.needs(PrekeyStock, false, s, "%s did not upload prekey %x", owner, id)
	case k.given.kind == 0:
		v.judge(PrekeyOnce, !k.gone, s, "prekey %x of %s is handed out, and was withdrawn", id, owner)
		k.given = h
	default:
		v.judge(PrekeyOnce, k.given == h, s, "prekey %x of %s is handed out to %s, and was to %s before", id, owner, h.to, k.given.to)
	}
}

// named judges that the blocks of an upload to fresh pairs name prekeys which its
// author fetched for this, and each but once.
func (v *verifier) named(t *talk, x *version, u *upload) {
	s := at(t.sid, x.index).of(x.author)
	for _, owner := range conversation.FetchesFor(x.d) {
		pos, _ := slices.BinarySearch(x.recipients, owner)
		if pos >= len(u.blocks) {
			continue // Valid has said so
		}
		h, err := pair.ParseHeader(v.suite, u.blocks[pos])
		good := err == nil && h.Start && h.Ref.Kind == pair.Prekey
		if !v.judge(PrekeysFetched, good, s, "the block to %s names no prekey", owner) {
			continue
		}
		k := v.stockOf(owner).keys[h.Ref.ID]
		want := handout{exchange.HandoutFetched, x.author, x.d.Purpose(v.suite)}
		v.needs(PrekeysFetched, k != nil && k.given == want, s, "the block to %s names prekey %x, which %s did not fetch for this", owner, h.Ref.ID, x.author)
		if k != nil {
			v.judge(PrekeysFetched, k.used == suite.Hash{} || k.used == x.data, s, "the block to %s names prekey %x, which another one used", owner, h.Ref.ID)
			k.used = x.data
		}
	}
}

// fetchKey names a fetch.
type fetchKey struct {
	user identity.ID
	id   exchange.FetchID
}

// fetch is one that was made.
type fetch struct {
	asked  exchange.Fetch
	answer suite.Hash // of the first answer
	by     identity.ID
}

// fetch judges a Fetch: the same to all providers.
func (v *verifier) fetch(c *conn, m exchange.Fetch) {
	key := fetchKey{c.client, m.ID}
	f := v.fetches[key]
	if f == nil {
		v.fetches[key] = &fetch{asked: m}
		return
	}
	v.judge(FetchSame, f.asked.Sid == m.Sid && slices.Equal(f.asked.IDs, m.IDs), c.subject().by(c.server).of(c.client),
		"the fetch %x asks this provider for something else", m.ID)
}

// fetched judges an answer.
func (v *verifier) fetched(c *conn, m exchange.Fetched) {
	s := c.subject().by(c.server).of(c.client)
	f := v.fetches[fetchKey{c.client, m.ID}]
	if !v.needs(FetchSame, f != nil, s, "the answer is to a fetch that was not made") {
		return
	}
	var ids []identity.ID
	for _, k := range m.Keys {
		ids = append(ids, k.ID)
		key, known := v.users[k.ID][c.base]
		v.judge(FetchKeys, known && key == k.Key, s, "the key of %s is not the one that is registered", k.ID)
		v.inStock(k.ID, k.Prekey, s)
		v.give(k.ID, k.Prekey.ID, handout{exchange.HandoutFetched, c.client, f.asked.Sid}, s)
	}
	v.judge(FetchSame, slices.Equal(ids, f.asked.IDs), s, "asked for were %q, answered are %q", f.asked.IDs, ids)
	answer := suite.Hash(sha256.Sum256(exchange.Encode(m)))
	if f.by == "" {
		f.answer, f.by = answer, c.server
		return
	}
	v.judge(FetchSame, answer == f.answer, s, "%s answers the fetch otherwise than %s", c.server, f.by)
}

// handouts judges a stretch of a hand-out log.
func (v *verifier) handouts(c *conn, m exchange.Handouts) {
	s := c.subject().by(c.server).of(c.client)
	k := v.stockOf(c.client)
	for i, h := range m.List {
		position := m.First + uint64(i)
		if position <= k.low {
			v.cannot(HandoutsSame, s, "an entry is told again that was acknowledged to everybody")
			continue
		}
		if told, known := k.log[position]; known {
			v.judge(HandoutsSame, told == h, s, "at position %d the entry is another than the one told before", position)
			continue
		}
		k.log[position] = h
		switch h.Kind {
		case exchange.HandoutFetched, exchange.HandoutAssigned:
			v.give(c.client, h.Prekey, handout{h.Kind, h.To, h.Sid}, s)
		default:
			if p := k.keys[h.Prekey]; v.needs(PrekeyStock, p != nil, s, "%s did not upload prekey %x", c.client, h.Prekey) {
				p.gone = true
			}
		}
	}
}

// handoutsAcked drops what the owner has acknowledged to every provider.
func (v *verifier) handoutsAcked(c *conn, m exchange.HandoutAck) {
	k := v.stockOf(c.client)
	k.acked[c.place] = max(k.acked[c.place], m.Position)
	low := k.acked[0]
	for p := range v.set.Len() {
		low = min(low, k.acked[p])
	}
	for position := range k.log {
		if position <= low {
			delete(k.log, position)
		}
	}
	k.low = max(k.low, low)
}
