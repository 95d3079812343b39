package provider

import (
	"encoding/binary"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// The tables of the store: the first byte of each key. Ids stand in keys as
// their fixed field, numbers big-endian, so that scans are in order.
//
// Shared tables say the same on every provider that has processed the router's
// log up to the same number; a restored router takes them over from a mirror.
const (
	tabCounter = 'n' //                   -> version; steps that drew coins
	tabUser    = 'u' // user              -> key, shown
	tabRing    = 'k' // user              -> its last authentication keys
	tabConfirm = 'c' // owner batch mirror -> digest (router)
	tabAsked   = 'a' // owner mirror      -> withdrawal asked for (router)
	tabReady   = 'y' // owner batch       -> in stock (router)
	tabLink    = 'L' // direction ...     -> the logs between router and mirrors
	tabVerdict = 'v' // Sid mirror        -> verdict (router)
	tabExpiry  = 'x' // time user fetch id (router)
	tabStable  = 's' // Sid               -> first index that may not be delivered yet (router)

	tabOwner    = 'o' // owner            -> stock and position of the log (shared, as all below)
	tabBatch    = 'b' // owner batch      -> digest, live prekeys
	tabPrekeys  = 'p' // owner batch      -> the prekeys of a batch
	tabFetched  = 'g' // owner prekey id  -> to whom, for what
	tabFetch    = 'f' // user fetch id    -> answer
	tabLog      = 'h' // owner position   -> entries of the hand-out log
	tabPublic   = 'C' // conversation.Keeper's
	tabEntry    = 'e' // Sid index        -> an accepted upload
	tabLeft     = 'l' // Sid index        -> how many have not acknowledged it
	tabRoster   = 'r' // Sid last index   -> the roster of an epoch that is over
	tabCursor   = 'q' // user Sid         -> what the user is still owed
	tabProposal = 'w' // Sid              -> entries that are proposed
)

var sharedTables = []byte{tabOwner, tabBatch, tabPrekeys, tabFetched, tabFetch, tabLog,
	tabPublic, tabEntry, tabLeft, tabRoster, tabCursor, tabProposal}

// recordVersion begins the values of most tables. Numbers, digests, rosters and
// messages stand bare: the version of tabCounter, which every step reads, is that
// of the whole store.
const recordVersion = 1

func key(tab byte, parts ...[]byte) []byte {
	b := make([]byte, 1, 80)
	b[0] = tab
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// beKey is the number at the end of a key.
func beKey(k []byte) uint64 { return binary.BigEndian.Uint64(k[len(k)-8:]) }

// record starts a stored value.
func record(size int) *wire.Writer { return wire.NewWriter(1 + size).U8(recordVersion) }

// reader starts reading a stored value.
func reader(what string, raw []byte) *wire.Reader {
	r := wire.NewReader(what, raw)
	r.Version(recordVersion)
	return r
}

// stored turns a failure to read what we stored into a bug: nobody else writes
// there.
func stored(r *wire.Reader) error {
	if err := r.Done(); err != nil {
		return fault.Bugf("store: %v", err)
	}
	return nil
}

// number reads a stored number of 8 bytes, big-endian; 0 if there is none.
func number(v store.View, k []byte) (uint64, error) {
	raw, err := v.Get(k)
	if err != nil || raw == nil {
		return 0, err
	}
	if len(raw) != 8 {
		return 0, fault.Bugf("store: a number of %d bytes", len(raw))
	}
	return binary.BigEndian.Uint64(raw), nil
}

// scanPrefix calls yield for each entry under a prefix.
func scanPrefix(v store.View, prefix []byte, yield func(key, value []byte) bool) error {
	return v.Scan(prefix, store.PrefixEnd(prefix), yield)
}

// user is a registered user.
type user struct {
	key   suite.Point
	shown bool // has proved the key on a connection
}

func (u user) encode() []byte { return record(33).Fixed(u.key[:]).Bool(u.shown).Bytes() }

func parseUser(raw []byte) (user, error) {
	r := reader("user", raw)
	u := user{wire.Array32[suite.Point](r, "key"), r.Bool("shown")}
	return u, stored(r)
}

func loadUser(v store.View, id identity.ID) (u user, ok bool, err error) {
	raw, err := v.Get(key(tabUser, id.Field()))
	if err != nil || raw == nil {
		return user{}, false, err
	}
	u, err = parseUser(raw)
	return u, err == nil, err
}

// ringSize is how many authentication keys of a user are kept.
const ringSize = 8

// authKey is one of them.
type authKey struct {
	id  [8]byte
	key suite.Key
}

func encodeRing(ring []authKey) []byte {
	w := record(2 + 40*len(ring)).Count(len(ring))
	for i := range ring {
		w.Fixed(ring[i].id[:]).Fixed(ring[i].key[:])
	}
	return w.Bytes()
}

func loadRing(v store.View, id identity.ID) ([]authKey, error) {
	raw, err := v.Get(key(tabRing, id.Field()))
	if err != nil || raw == nil {
		return nil, err
	}
	r := reader("ring", raw)
	var ring []authKey
	for range r.Count("keys", ringSize, 40) {
		ring = append(ring, authKey{wire.Array8[[8]byte](r, "id"), wire.Array32[suite.Key](r, "key")})
	}
	return ring, stored(r)
}

// fetched is a prekey that was given to somebody and not used yet.
type fetched struct {
	batch uint32
	by    identity.ID
	fetch exchange.FetchID
	sid   suite.Hash // the purpose
	named bool       // by an upload that is proposed
}

func (f fetched) encode() []byte {
	return record(150).U32(f.batch).Fixed(f.by.Field()).Fixed(f.fetch[:]).Fixed(f.sid[:]).Bool(f.named).Bytes()
}

func parseFetched(raw []byte) (fetched, error) {
	r := reader("fetched prekey", raw)
	f := fetched{r.U32("batch"), identity.ReadID(r, "by"), wire.Array16[exchange.FetchID](r, "fetch"),
		wire.Array32[suite.Hash](r, "sid"), r.Bool("named")}
	return f, stored(r)
}

func loadFetched(v store.View, owner identity.ID, id pair.KeyID) (f fetched, ok bool, err error) {
	raw, err := v.Get(key(tabFetched, owner.Field(), id[:]))
	if err != nil || raw == nil {
		return fetched{}, false, err
	}
	f, err = parseFetched(raw)
	return f, err == nil, err
}

// fetch is the answer to a Fetch, kept until it expires.
type fetch struct {
	link    uint64 // number in the router's log
	expires uint64 // ms; only the router's counts
	sid     suite.Hash
	picks   []fetchPick
}

type fetchPick struct {
	owner  identity.ID
	prekey exchange.Prekey
}

func (f fetch) encode() []byte {
	w := record(64 + 120*len(f.picks)).U64(f.link).U64(f.expires).Fixed(f.sid[:]).Count(len(f.picks))
	for _, p := range f.picks {
		w.Fixed(p.owner.Field()).Fixed(p.prekey.ID[:]).Fixed(p.prekey.Y[:])
	}
	return w.Bytes()
}

func parseFetch(raw []byte) (fetch, error) {
	r := reader("fetch", raw)
	f := fetch{link: r.U64("link"), expires: r.U64("expires"), sid: wire.Array32[suite.Hash](r, "sid")}
	for range r.Count("picks", exchange.MaxFetch, identity.IDFieldSize+prekeySize) {
		f.picks = append(f.picks, fetchPick{identity.ReadID(r, "owner"),
			exchange.Prekey{ID: wire.Array8[pair.KeyID](r, "id"), Y: wire.Array32[suite.Point](r, "y")}})
	}
	return f, stored(r)
}

func fetchKey(user identity.ID, id exchange.FetchID) []byte {
	return key(tabFetch, user.Field(), id[:])
}

func loadFetch(v store.View, user identity.ID, id exchange.FetchID) (f fetch, ok bool, err error) {
	raw, err := v.Get(fetchKey(user, id))
	if err != nil || raw == nil {
		return fetch{}, false, err
	}
	f, err = parseFetch(raw)
	return f, err == nil, err
}

// stretch is a run of indices that a user is owed: from the first that it has
// not acknowledged up to and without to; to 0: for as long as it stays.
type stretch struct{ from, to uint64 }

func encodeCursor(list []stretch) []byte {
	w := record(4 + 16*len(list)).U32(uint32(len(list)))
	for _, s := range list {
		w.U64(s.from).U64(s.to)
	}
	return w.Bytes()
}

func parseCursor(raw []byte) ([]stretch, error) {
	r := reader("cursor", raw)
	n := int(r.U32("stretches"))
	if n*16 != r.Left() {
		r.Fail("stretches", "%d in %d bytes", n, r.Left())
	}
	var list []stretch
	for i := 0; i < n && !r.Failed(); i++ {
		list = append(list, stretch{r.U64("from"), r.U64("to")})
	}
	return list, stored(r)
}

func cursorKey(user identity.ID, sid suite.Hash) []byte { return key(tabCursor, user.Field(), sid[:]) }

func loadCursor(v store.View, user identity.ID, sid suite.Hash) ([]stretch, error) {
	raw, err := v.Get(cursorKey(user, sid))
	if err != nil || raw == nil {
		return nil, err
	}
	return parseCursor(raw)
}

// saveCursor stages a cursor; one that owes nothing any more is deleted.
func saveCursor(d *store.Draft, user identity.ID, sid suite.Hash, list []stretch) {
	if len(list) == 0 {
		d.Delete(cursorKey(user, sid))
		return
	}
	d.Put(cursorKey(user, sid), encodeCursor(list))
}
