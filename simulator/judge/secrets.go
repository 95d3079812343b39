package judge

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
	"cowpi.example/transcript"
)

// maxGuesses bounds the values that are tried as esk, and the seals that are tried.
const maxGuesses = 400

// judgeSecrets tries what can be tried with all long-term secrets and no other:
// whether some value in the transcript is the esk of a one-time key, and whether
// some seal opens without an ephemeral secret.
func judgeSecrets(e Evidence) Opinion {
	st := e.story()
	k := gather(st)
	s := st.suite
	guesses := 0
	for _, v := range k.values[:min(len(k.values), maxGuesses)] {
		for _, who := range e.known() {
			guesses++
			X := s.Public(s.H1(suite.Coin(v), who.Secret))
			if what, ok := k.points[X]; ok {
				return isReal("%x lies open, and is the esk of %s: [H1(esk, a)]G with the secret of %s", v[:8], what, who.ID)
			}
			if X := s.Public(suite.Scalar(v)); who.ID == e.everybody()[0].ID && k.points[X] != "" {
				return isReal("%x lies open, and is the exponent of %s", v[:8], k.points[X])
			}
		}
	}
	if o := k.beacon(e); o.Answer != CannotTell {
		return o
	}
	if what := k.handshakes(e); what != "" {
		return isReal("%s opens with long-term secrets alone", what)
	}
	if what := k.blocks(e); what != "" {
		return isReal("%s opens with long-term secrets alone", what)
	}
	return cannotTell("of %d values none is an esk, and no seal opens with long-term secrets alone", guesses)
}

// known is what of a transcript can be combined with secrets.
type known struct {
	st      *story
	points  map[suite.Point]string // one-time keys, and whose they are
	prekeys map[pair.KeyID]suite.Point
	ids     map[pair.KeyID]identity.ID
	values  [][32]byte // everything else of 32 bytes
}

func gather(st *story) *known {
	k := &known{st: st, points: map[suite.Point]string{}, prekeys: map[pair.KeyID]suite.Point{}, ids: map[pair.KeyID]identity.ID{}}
	seen := map[[32]byte]bool{}
	for _, m := range st.all {
		if p, ok := m.message.(exchange.Prekeys); ok {
			for _, x := range p.List {
				k.points[x.Y] = "a prekey of " + string(m.from)
				k.prekeys[x.ID], k.ids[x.ID] = x.Y, m.from
			}
			continue
		}
		for _, x := range dissect(m) {
			if x.to-x.from != 32 {
				continue
			}
			switch v := [32]byte(x.of(m)); strings.TrimPrefix(x.field, "renewal ") {
			case "msg1 E_c", "msg2 E_s", "msg2 Y", "msg3 X", "Upload block X":
				k.points[suite.Point(v)] = "the key " + x.field + " of " + string(m.from)
			default:
				if !seen[v] {
					seen[v] = true
					k.values = append(k.values, v)
				}
			}
		}
	}
	for _, r := range st.records {
		if s, ok := r.(transcript.Saw); ok && len(s.Text) == 32 {
			k.values = append(k.values, [32]byte(s.Text))
		}
	}
	return k
}

// beacon tries whether coins come from a public source: prekeys are made of two
// coins each, an id that everybody sees and an esk.
func (k *known) beacon(e Evidence) Opinion {
	if e.Beacon == nil {
		return cannotTell("no source is known")
	}
	s := k.st.suite
	drawn, keys := 0, 0
	for _, who := range e.World.Users {
		for counter := range uint64(100) {
			for i := uint32(1); i < 8; i += 2 {
				id := e.Beacon(who.Key, counter, "prekey id", i)
				Y, ok := k.prekeys[pair.KeyID(id[:8])]
				if !ok {
					continue
				}
				drawn++
				if esk := e.Beacon(who.Key, counter, "prekey esk", i+1); s.Public(s.H1(esk, who.Secret)) == Y {
					keys++
				}
			}
		}
	}
	switch {
	case keys > 0 && keys < drawn:
		return isSimulated("%d ids of prekeys are from the public source, and only %d of their keys: whoever made those knew just one secret", drawn, keys)
	case keys > 0:
		return isReal("%d prekeys are [H1(esk, a)]G of an esk from the public source", keys)
	case drawn > 0:
		return isSimulated("%d ids of prekeys are from the public source, and no key is [H1(esk, a)]G of the esk that comes from it", drawn)
	}
	return cannotTell("nothing is from the public source")
}

// handshakes tries to open handshakes with the server's secret and a guess at the
// product of the two ephemeral keys.
func (k *known) handshakes(e Evidence) string {
	s := k.st.suite
	hello := map[uint64]*said{}
	for _, m := range k.st.all {
		if m.opened.Kind == transcript.Hello {
			hello[m.conn.number] = m
		}
		first := hello[m.conn.number]
		if m.opened.Kind != transcript.Handshake || m.toServer || first == nil || len(first.bytes) != 32 || len(m.bytes) < 64 {
			continue
		}
		server, _ := e.World.Self(m.from)
		client, _ := e.World.Self(m.to)
		E := suite.Point(first.bytes)
		es, err := s.DH(server.Secret, E)
		if err != nil {
			continue
		}
		ce, _ := s.DH(client.Secret, suite.Point(m.bytes[:32]))
		t := s.Hash("handshake 1", first.bytes, m.bytes[:32])
		for _, ee := range []suite.Point{{}, E, suite.Point(m.bytes), es, ce} {
			t1 := suite.Key(s.KDF("handshake key 1", 32, ee[:], es[:], t[:]))
			if _, ok := s.Open("handshake 2", t1, [suite.NonceSize]byte{}, m.bytes[32:], t[:]); ok {
				return m.String()
			}
		}
	}
	return ""
}

// blocks tries to open first blocks of chains with both long-term secrets and a
// guess at the product of the two one-time keys.
func (k *known) blocks(e Evidence) string {
	s := k.st.suite
	tried := 0
	for _, m := range k.st.all {
		u, ok := m.message.(exchange.Upload)
		if !ok || tried > maxGuesses {
			continue
		}
		d, err := conversation.Parse(s, u.Data)
		if err != nil {
			continue
		}
		a, _ := e.World.Self(m.from)
		for i, b := range u.Blocks {
			h, err := pair.ParseHeader(s, b)
			if err != nil || !h.Start || h.N != 0 || h.Ref.Kind != pair.Prekey {
				continue
			}
			to, _ := e.World.Self(k.ids[h.Ref.ID])
			Y := k.prekeys[h.Ref.ID]
			z1, err1 := s.DH(a.Secret, Y)
			z2, err2 := s.DH(to.Secret, h.X)
			if err1 != nil || err2 != nil {
				continue
			}
			tried++
			for _, z3 := range []suite.Point{{}, z1, z2, h.X, Y} {
				for _, joins := range [][2]uint32{{0, 0}, {d.Epoch + 1, d.Epoch + 1}, {0, d.Epoch + 1}, {d.Epoch + 1, 0}} {
					K := chainKey(s, d.Sid, joins, h.Ref, a.Party(), to.Party(), h.X, Y, z1, z2, z3)
					if _, ok := openBlock(s, K, 0, d, a.Party(), to.Party(), b); ok {
						return fmt.Sprintf("block %d of %s", i, m)
					}
				}
			}
		}
	}
	return ""
}

// chainKey is the first key of a chain: SPEC.md, 4 and 7.1.
func chainKey(s suite.Suite, sid suite.Hash, joins [2]uint32, ref pair.Ref, a, b identity.Party, X, Y, z1, z2, z3 suite.Point) suite.Key {
	w := wire.NewWriter(96).Field([]byte("chain")).Field(sid[:])
	w.U32(4).U32(joins[0]).U32(4).U32(joins[1])
	w.U32(9).U8(uint8(ref.Kind)).Fixed(ref.ID[:])
	return suite.Key(s.KDF("H2", 32, w.Bytes(), a.ID.Field(), a.Key[:], b.ID.Field(), b.Key[:], X[:], Y[:], z1[:], z2[:], z3[:]))
}

// openBlock opens a block that stands steps behind the chain key given: SPEC.md, 7.2.
func openBlock(s suite.Suite, ck suite.Key, steps uint32, d *conversation.DataBlock, a, b identity.Party, block []byte) ([]byte, bool) {
	if steps > 2000 {
		return nil, false
	}
	var mk suite.Key
	for range steps + 1 {
		out := s.KDF("chain", 64, ck[:])
		mk, ck = suite.Key(out[:32]), suite.Key(out[32:])
	}
	size := 5
	if len(block) == pair.StartSize {
		size = pair.StartSize - 88
	}
	h := d.Hash()
	return s.Open("block", mk, [suite.NonceSize]byte(h[:suite.NonceSize]), slices.Clone(block[size:]), h[:], a.ID.Field(), a.Key[:], b.ID.Field(), b.Key[:], block[:size])
}
