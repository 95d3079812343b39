package judge

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
	"cowpi.example/transcript"
)

// session is the time of one key for authentication: a connection has another one
// after each renewal.
type session struct {
	conn   uint64
	number uint32 // from 0
}

func (x session) bytes() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, x.conn), x.number)
}

func sessionOf(key []byte) session {
	return session{binary.BigEndian.Uint64(key), binary.BigEndian.Uint32(key[8:])}
}

type authOf struct {
	key    [8]byte
	upload suite.Hash
}

// learn finds out which authentication keys belong to which sessions: those that
// users had when they made their uploads.
func (r *replay) learn() {
	current, numbers := map[[2]identity.ID]uint64{}, map[uint64]uint32{}
	for i, rec := range r.st.records {
		if c, ok := rec.(transcript.Connected); ok {
			current[[2]identity.ID{c.Client, c.Server}] = c.Conn
			if strings.HasSuffix(string(c.Server), "*") || strings.HasSuffix(string(c.Client), "*") {
				r.unsure = "the router forked"
			}
		}
		if m := r.st.delivered[i]; m != nil && !m.toServer && m.opened.Kind == transcript.Data && len(m.opened.Plain) == 0 {
			numbers[m.conn.number]++ // the first frame under new keys: the client has them all
		}
		m := r.st.sent[i]
		if m == nil {
			continue
		}
		if !r.st.head.Timed && tellsTime(m) {
			r.unsure = "it depends on times, which the transcript does not tell"
		}
		if u, ok := m.message.(exchange.Upload); ok {
			r.learnFrom(m, u, func(provider identity.ID) session {
				conn := current[[2]identity.ID{m.from, provider}]
				return session{conn, numbers[conn]}
			})
		}
	}
}

// tellsTime says whether a message is an Expire or a Snapshot, which holds times.
func tellsTime(m *said) bool {
	p := m.opened.Plain
	return !m.conn.user && m.opened.Kind == transcript.Data && len(p) > 17 && (p[0] == 5 || p[0] == 2 && p[17] == 4)
}

func (r *replay) learnFrom(m *said, u exchange.Upload, now func(provider identity.ID) session) {
	if len(u.Auths) != len(r.st.head.Providers) {
		r.say("%s: an upload with %d authentication blocks", m, len(u.Auths))
		return
	}
	id := u.ID(r.Suite)
	for j, a := range u.Auths {
		at := now(r.st.head.Providers[j].ID)
		if known, ok := r.keyIDs[at]; ok && known != a.KeyID {
			r.say("%s: two ids of the authentication key of connection %d", m, at.conn)
		}
		r.keyIDs[at] = a.KeyID
		of := authOf{a.KeyID, id}
		if mac, ok := r.macs[of]; ok && mac != a.MAC {
			r.say("%s: two MACs of one upload under one key", m)
		}
		r.macs[of] = a.MAC
	}
}

var errClosed = errors.New("judge: not to be used")

// Coins implements suite.Suite: nobody looks at them.
func (r *replay) Coins(suite.Seed, suite.Scalar, uint64, suite.Purpose, uint32) suite.Coin {
	return suite.Coin{}
}

// H1 implements suite.Suite.
func (r *replay) H1(suite.Coin, suite.Scalar) suite.Scalar { return suite.Scalar{} }

// Public implements suite.Suite.
func (r *replay) Public(suite.Scalar) suite.Point { return suite.Point{} }

// DH implements suite.Suite.
func (r *replay) DH(_ suite.Scalar, p suite.Point) (suite.Point, error) {
	if r.Suite.CheckPoint(p) != nil && p != (suite.Point{}) {
		return suite.Point{}, errClosed
	}
	return suite.Point{}, nil
}

// KDF implements suite.Suite. An authentication key is the name of its session; its
// id and its MACs are those of the transcript.
func (r *replay) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	out := make([]byte, n)
	switch purpose {
	case "auth key":
		copy(out, session{r.conn, r.agreed[r.conn]}.bytes())
		r.agreed[r.conn]++
	case "auth key id":
		at := sessionOf(fields[0])
		if id, ok := r.keyIDs[at]; ok {
			copy(out, id[:])
		} else { // one that no upload is authenticated with
			binary.BigEndian.PutUint64(out, ^(uint64(at.number)<<32 | at.conn))
		}
	case "auth sid":
		copy(out, fields[0])
	case "auth":
		id, ok := r.keyIDs[sessionOf(fields[0])]
		mac, known := r.macs[authOf{id, suite.Hash(fields[1])}]
		if ok && known {
			copy(out, mac[:])
		}
	}
	return out
}

// Seal implements suite.Suite.
func (r *replay) Seal(dst []byte, _ suite.Purpose, _ suite.Key, _ [suite.NonceSize]byte, plain []byte, _ ...[]byte) []byte {
	out := make([]byte, len(plain)+suite.TagSize)
	binary.BigEndian.PutUint64(out, uint64(len(r.sealed)+1))
	r.sealed[string(out)] = bytes.Clone(plain)
	return append(dst, out...)
}

// Open implements suite.Suite: what the transcript says was in it.
func (r *replay) Open(purpose suite.Purpose, _ suite.Key, _ [suite.NonceSize]byte, sealed []byte, _ ...[]byte) ([]byte, bool) {
	o := r.current.opened
	if purpose != "frame" {
		p := o.Plain
		if o.Kind == transcript.Renewal {
			p = o.Inner
		}
		return bytes.Clone(p), (o.Kind == transcript.Handshake || o.Kind == transcript.Renewal) && len(p)+suite.TagSize == len(sealed)
	}
	kind := uint8(0)
	switch o.Kind {
	case transcript.Data:
	case transcript.Renewal:
		kind = renewalFrame
	default:
		return nil, false
	}
	size := wire.Padme(max(5+len(o.Plain), channel.MinFrameSize-suite.TagSize))
	w := wire.NewWriter(size).U8(kind).Field(o.Plain)
	return w.Bytes()[:size], size+suite.TagSize == len(sealed)
}
