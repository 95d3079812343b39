package exchange

import (
	"bytes"
	"sort"

	"pgregory.net/rapid"

	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// badPoints are refused under W3, wherever they stand.
var badPoints = []suite.Point{
	{},
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p - 1
	{0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // p + 9, not canonical
}

// points is a few usable keys.
var points = func() (out []suite.Point) {
	for i := range byte(8) {
		out = append(out, suite.Default.Public(suite.Scalar{1: i}))
	}
	return out
}()

// startBlock and continueBlock are blocks of the two forms; the seals are not real.
func startBlock(kind pair.Kind, x suite.Point) []byte {
	b := make([]byte, pair.StartSize)
	b[0], b[1] = 1, byte(kind)
	copy(b[10:], x[:])
	copy(b[46:], bytes.Repeat([]byte{0xaa}, pair.StartSize-46))
	return b
}

func continueBlock(n byte) []byte {
	b := make([]byte, pair.ContinueSize)
	b[0], b[4] = 2, n
	return b
}

// samples is one message of each type, and of each shape where there are several.
func samples() []Message {
	h := func(n byte) suite.Hash { return suite.Hash{n, 31: n} }
	pre := func(n byte) Prekey { return Prekey{pair.KeyID{n}, points[n%8]} }
	return []Message{
		Prekeys{Batch: 3, List: []Prekey{pre(1), pre(2)}},
		Withdraw{Batch: 7},
		Fetch{ID: FetchID{1}, Sid: h(2), IDs: []identity.ID{"alice", "bob"}},
		Upload{Data: []byte("data block"), Blocks: [][]byte{startBlock(pair.Prekey, points[1]), continueBlock(4), startBlock(pair.Session, points[2])},
			Auths: []Auth{{[8]byte{1}, h(3)}, {[8]byte{2}, h(4)}}},
		Ack{h(5), 6},
		HandoutAck{9},
		Welcome{Batch: 1, Stock: 2, Handouts: 3, Heads: []HeadOf{{h(1), 4}, {h(2), 5}}},
		Stocked{4},
		Fetched{FetchID{1}, []FetchedKey{{identity.Party{ID: "bob", Key: points[3]}, pre(4)}}},
		FetchFailed{FetchID{1}, ReasonNoStock, "bob"},
		FetchFailed{FetchID{1}, ReasonTooMany, ""},
		Handouts{First: 1, List: []Handout{
			{HandoutFetched, pair.KeyID{1}, "bob", h(1)}, {HandoutAssigned, pair.KeyID{2}, "carol", h(2)},
			{HandoutExpired, pair.KeyID{1}, "", suite.Hash{}}, {HandoutWithdrawn, pair.KeyID{3}, "", suite.Hash{}}}},
		LowStock{199},
		Delivery{h(1), 2, 3, h(4), []byte("data block"), startBlock(pair.Prekey, points[5]),
			[]Assigned{{"bob", pre(1), pair.KeyID{2}}, {"carol", pre(3), pair.KeyID{4}}}},
		Delivery{Sid: h(1), Index: 2, Head: 3, Before: h(4), Data: []byte("one's own")},
		Refused{h(1), h(2), 3, 4, 5, ReasonKeyDiffers, "bob", "mirror"},
		Refused{h(1), h(2), 3, 4, 5, ReasonInvalid, "", "router"},
		Seen{h(1), 2},
	}
}

func ids(t *rapid.T, n int) []identity.ID {
	set := map[identity.ID]bool{}
	for _, s := range rapid.SliceOfN(rapid.StringN(1, 20, 64), 0, n).Draw(t, "ids") {
		set[identity.ID(s)] = s != ""
	}
	var out []identity.ID
	for id, ok := range set {
		if ok {
			out = append(out, id)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// anyMessage draws a message that somebody may send.
func anyMessage() *rapid.Generator[Message] {
	return rapid.Custom(func(t *rapid.T) Message {
		hash := func() suite.Hash { return suite.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash")) }
		key := func() (k pair.KeyID) { copy(k[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "key id")); return k }
		fetch := func() (k FetchID) {
			copy(k[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "fetch id"))
			return k
		}
		point := func() suite.Point { return rapid.SampledFrom(points).Draw(t, "point") }
		pre := func() Prekey { return Prekey{key(), point()} }
		u64 := func() uint64 { return rapid.Uint64().Draw(t, "u64") }
		u32 := func() uint32 { return rapid.Uint32().Draw(t, "u32") }
		data := func() []byte { return rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "data") }
		count := func() int { return rapid.IntRange(0, 4).Draw(t, "count") }
		id := func() identity.ID { return rapid.SampledFrom([]identity.ID{"a", "bob", "é"}).Draw(t, "id") }
		user := func() identity.ID { return rapid.SampledFrom([]identity.ID{"", "bob", "é"}).Draw(t, "user") }
		reason := func() Reason {
			return rapid.Custom(func(t *rapid.T) Reason { return Reason(rapid.IntRange(1, len(reasonNames)).Draw(t, "n")) }).Draw(t, "reason")
		}
		block := func() []byte {
			if rapid.Bool().Draw(t, "start") {
				return startBlock(rapid.SampledFrom([]pair.Kind{pair.Prekey, pair.Session}).Draw(t, "kind"), point())
			}
			return continueBlock(rapid.Byte().Draw(t, "n"))
		}
		switch rapid.IntRange(0, 14).Draw(t, "type") {
		case 0:
			m := Prekeys{Batch: u32()}
			for range count() {
				m.List = append(m.List, pre())
			}
			return m
		case 1:
			return Withdraw{u32()}
		case 2:
			return Fetch{fetch(), hash(), ids(t, 5)}
		case 3:
			m := Upload{Data: data()}
			for range count() {
				m.Blocks = append(m.Blocks, block())
			}
			for range count() {
				m.Auths = append(m.Auths, Auth{key(), hash()})
			}
			return m
		case 4:
			return Ack{hash(), u64()}
		case 5:
			return HandoutAck{u64()}
		case 6:
			m := Welcome{Batch: u32(), Stock: u32(), Handouts: u64()}
			for range count() {
				m.Heads = append(m.Heads, HeadOf{hash(), u64()})
			}
			return m
		case 7:
			return Stocked{u32()}
		case 8:
			m := Fetched{ID: fetch()}
			for _, id := range ids(t, 4) {
				m.Keys = append(m.Keys, FetchedKey{identity.Party{ID: id, Key: point()}, pre()})
			}
			return m
		case 9:
			return FetchFailed{fetch(), reason(), user()}
		case 10:
			m := Handouts{First: u64()}
			for range count() {
				h := Handout{Kind: HandoutKind(rapid.IntRange(1, 4).Draw(t, "kind")), Prekey: key()}
				if h.Kind == HandoutFetched || h.Kind == HandoutAssigned {
					h.To, h.Sid = id(), hash()
				}
				m.List = append(m.List, h)
			}
			return m
		case 11:
			return LowStock{u32()}
		case 12:
			m := Delivery{Sid: hash(), Index: u64(), Head: u64(), Before: hash(), Data: data()}
			if rapid.Bool().Draw(t, "block") {
				m.Block = block()
			}
			for _, id := range ids(t, 4) {
				m.Assigned = append(m.Assigned, Assigned{id, pre(), key()})
			}
			return m
		case 13:
			return Refused{hash(), hash(), u64(), u64(), u32(), reason(), user(), id()}
		default:
			return Seen{hash(), u64()}
		}
	})
}
